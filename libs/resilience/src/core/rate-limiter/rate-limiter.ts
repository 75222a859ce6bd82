import { type Clock, systemClock, wait } from '../clock.ts';
import type { Duration } from '../duration.ts';
import { EventPublisher } from '../events.ts';
import {
  abortSourceOf,
  type CallContext,
  decorateCall,
  type Policy,
  type ProtectedCall,
  signalOf,
  toCallContext,
} from '../policy.ts';
import { PermissionLedger } from './permission-ledger.ts';
import { RateLimitExceededError } from './rate-limiter.errors.ts';
import type { RateLimiterEvents } from './rate-limiter.events.ts';
import { type RateLimiterConfig, type RateLimiterOptions, rateLimiterOptions } from './rate-limiter.options.ts';

const nanosInMs = 1e6;

/** A rate limiter's numbers as of now, by Resilience4j's names. */
export interface RateLimiterMetrics {
  /** Below 0 when permissions of later periods are reserved already. */
  readonly availablePermissions: number;
  /** Callers that wait for a permission; Resilience4j's are threads. */
  readonly numberOfWaitingThreads: number;
  /** How long a request for one permission would have to wait, in nanoseconds, whatever the timeout. */
  readonly nanosToWait: number;
  /** Counts the periods since the rate limiter was made, from 0. */
  readonly cycle: number;
}

/**
 * Lets so many calls through in each period, and makes the next ones wait for a later period or refuses them.
 *
 * The semantics are those of Resilience4j's AtomicRateLimiter: see `PermissionLedger`. A permission is taken when it is
 * asked for, also by callers that then wait for its period to begin. It is not given back when such a caller gives up:
 * callers behind it have been told their times, so somebody new would come beside them and exceed the limit.
 *
 * @example
 * const customer = new RateLimiter('customer', { limitForPeriod: 100, limitRefreshPeriod: '1s', timeoutDuration: 0 });
 * const answer = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class RateLimiter extends EventPublisher<RateLimiterEvents, 'rateLimiterName'> implements Policy {
  readonly name: string;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #ledger: PermissionLedger;
  #config: RateLimiterConfig;
  #waiting = 0;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options Resilience4j's, each with its default
   * @param environment where time comes from; real time by default. Periods are counted from now
   * @throws InvalidOptionsError listing every fault
   */
  constructor(name: string, options: RateLimiterOptions = {}, environment: { readonly clock?: Clock } = {}) {
    const config = rateLimiterOptions.resolve(`RateLimiter '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super({ rateLimiterName: name }, clock, config.eventConsumerBufferSize);
    this.name = name;
    this.#config = config;
    this.#clock = clock;
    this.#startedAt = this.#clock.now();
    this.#ledger = new PermissionLedger(config.limitForPeriod, toNanos(config.limitRefreshPeriod));
  }

  /** As given, and changed since by `changeLimitForPeriod` and `changeTimeoutDuration`. */
  get config(): RateLimiterConfig {
    return this.#config;
  }

  get metrics(): RateLimiterMetrics {
    const nowNanos = this.#nowNanos();
    const { cycle, available } = this.#ledger.read(nowNanos);
    return {
      availablePermissions: available,
      numberOfWaitingThreads: this.#waiting,
      nanosToWait: this.#ledger.nanosToWait(1, nowNanos),
      cycle,
    };
  }

  /**
   * Runs `call` when there is a permission for it, after a wait of at most `timeoutDuration`. It never waits longer than
   * the caller's deadline leaves.
   *
   * A call that would have to wait longer is refused at once, as by Resilience4j's reactive operators; its blocking ones
   * hold the caller for the whole `timeoutDuration` before they refuse it.
   *
   * @throws RateLimitExceededError when it refuses; the reason of the caller's abort; otherwise what `call` threw
   */
  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const abort = abortSourceOf(context);
    if (abort?.aborted) throw abort.reason;
    const remainingMs = context?.deadline?.remainingMs ?? Number.POSITIVE_INFINITY;
    const timeoutNanos = toNanos(Math.min(this.#config.timeoutDuration, remainingMs));

    const nanosToWait = this.#ledger.reserve(1, timeoutNanos, this.#nowNanos());
    if (nanosToWait > timeoutNanos) {
      this.emit('FAILED_ACQUIRE', { numberOfPermits: 1 });
      throw new RateLimitExceededError(this.name, this.#config.limitForPeriod, nanosToWait / nanosInMs);
    }
    if (nanosToWait > 0) await this.#hold(nanosToWait, 1, signalOf(context));
    this.emit('SUCCESSFUL_ACQUIRE', { numberOfPermits: 1 });
    return call(toCallContext(context));
  }

  /** The same function under this rate limiter; `this` and the arguments are handed on. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  /**
   * Takes permissions without waiting for them; that is for the caller to do.
   *
   * @param permits how many; 1 by default. More than the limit may be asked for, and just wait longer
   * @returns how long to wait before they may be used, in milliseconds and exact to the nanosecond: 0 when at once, -1
   *   when refused, since it would be longer than `timeoutDuration`
   * @throws RangeError when `permits` is not a whole number of at least 1
   */
  reservePermission(permits = 1): number {
    checkPermits(permits);
    const timeoutNanos = toNanos(this.#config.timeoutDuration);
    const nanosToWait = this.#ledger.reserve(permits, timeoutNanos, this.#nowNanos());
    const isGranted = nanosToWait <= timeoutNanos;
    this.emit(isGranted ? 'SUCCESSFUL_ACQUIRE' : 'FAILED_ACQUIRE', { numberOfPermits: permits });
    return isGranted ? nanosToWait / nanosInMs : -1;
  }

  /**
   * Takes permissions and waits until they may be used. As in Resilience4j a refused caller is held for the whole
   * `timeoutDuration`, and a caller that gives up its wait counts as a failed one.
   *
   * @param permits how many; 1 by default. More than the limit may be asked for, and just wait longer
   * @returns whether they were granted
   * @throws RangeError when `permits` is not a whole number of at least 1; the signal's reason when it is aborted
   */
  async acquirePermission(permits = 1, signal?: AbortSignal): Promise<boolean> {
    checkPermits(permits);
    signal?.throwIfAborted();
    const timeoutNanos = toNanos(this.#config.timeoutDuration);
    const nanosToWait = this.#ledger.reserve(permits, timeoutNanos, this.#nowNanos());
    const isGranted = nanosToWait <= timeoutNanos;
    const nanosHeld = Math.min(nanosToWait, timeoutNanos);
    if (nanosHeld > 0) await this.#hold(nanosHeld, permits, signal);
    this.emit(isGranted ? 'SUCCESSFUL_ACQUIRE' : 'FAILED_ACQUIRE', { numberOfPermits: permits });
    return isGranted;
  }

  /**
   * Takes away what was available at the last operation. As in Resilience4j, permissions of a period that has begun
   * since then stay, and a debt is forgiven.
   */
  drainPermissions(): void {
    const { stored } = this.#ledger;
    this.#ledger.reserve(stored, 0, this.#nowNanos());
    this.emit('DRAINED', { numberOfPermits: Math.min(stored, 0) });
  }

  /**
   * Takes effect with the next period.
   *
   * @throws InvalidOptionsError when it is not a whole number of at least 1
   */
  changeLimitForPeriod(limitForPeriod: number): void {
    this.#change({ limitForPeriod });
    this.#ledger.limitForPeriod = limitForPeriod;
  }

  /**
   * Takes effect with the next request; those that wait already go on waiting.
   *
   * @throws InvalidOptionsError when it is not a duration of at least 0
   */
  changeTimeoutDuration(timeoutDuration: Duration): void {
    this.#change({ timeoutDuration });
  }

  /**
   * Goes on with other options, all of them given anew. Another `limitForPeriod` takes effect with the next period. Another
   * `limitRefreshPeriod` cuts time anew: what is available is kept up to the new limit, and so is what is owed for
   * permissions of later periods. Those that wait already go on waiting.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: RateLimiterOptions): void {
    const before = this.#config;
    const config = rateLimiterOptions.resolve(`RateLimiter '${this.name}'`, options);
    this.#config = config;
    this.changeBufferSize(config.eventConsumerBufferSize);
    if (config.limitRefreshPeriod === before.limitRefreshPeriod) {
      this.#ledger.limitForPeriod = config.limitForPeriod;
      return;
    }
    const nowNanos = this.#nowNanos();
    const available = Math.min(this.#ledger.read(nowNanos).available, config.limitForPeriod);
    const periodNanos = toNanos(config.limitRefreshPeriod);
    this.#ledger = new PermissionLedger(config.limitForPeriod, periodNanos, { nowNanos, available });
  }

  #change(options: RateLimiterOptions): void {
    this.#config = rateLimiterOptions.resolve(`RateLimiter '${this.name}'`, { ...this.#config, ...options });
  }

  /** Ends no earlier than said. Timers may: Node.js cuts their delays to whole milliseconds. */
  async #hold(nanos: number, permits: number, signal: AbortSignal | undefined): Promise<void> {
    const until = this.#nowNanos() + nanos;
    this.#waiting++;
    try {
      for (let left = nanos; left > 0; left = until - this.#nowNanos()) {
        await wait(this.#clock, left / nanosInMs, signal);
      }
      signal?.throwIfAborted();
    } catch (abortReason) {
      this.emit('FAILED_ACQUIRE', { numberOfPermits: permits });
      throw abortReason;
    } finally {
      this.#waiting--;
    }
  }

  #nowNanos(): number {
    return toNanos(this.#clock.now() - this.#startedAt);
  }
}

function toNanos(durationMs: number): number {
  return Math.round(durationMs * nanosInMs);
}

function checkPermits(permits: number): void {
  if (Number.isSafeInteger(permits) && permits >= 1) return;
  throw new RangeError(`Permissions are asked for in whole numbers of at least 1, but ${permits} was given.`);
}
