import { checkWholeNumber } from '../arguments.ts';
import { BasePolicy } from '../base-policy.ts';
import { type Clock, systemClock, wait } from '../clock.ts';
import type { Duration } from '../duration.ts';
import { InvalidOptionsError } from '../errors.ts';
import { type CallContext, type ProtectedCall, rejectionIfAborted, signalOf, toCallContext } from '../policy.ts';
import { PermissionLedger } from './permission-ledger.ts';
import { RateLimitExceededError } from './rate-limiter.errors.ts';
import type { RateLimiterEvents } from './rate-limiter.events.ts';
import { type RateLimiterConfig, type RateLimiterOptions, rateLimiterOptions } from './rate-limiter.options.ts';

const nanosInMs = 1e6;

/** The current state of a rate limiter, with Resilience4j's names. */
export interface RateLimiterMetrics {
  /** The number of free permissions. Negative while permissions of later periods are reserved. */
  readonly availablePermissions: number;
  /** The number of callers that wait for a permission. In Resilience4j they are threads. */
  readonly numberOfWaitingThreads: number;
  /** How long a request for one permission would wait, in nanoseconds, regardless of `timeoutDuration`. */
  readonly nanosToWait: number;
  /** The number of the current period since the rate limiter was created, from 0. */
  readonly cycle: number;
}

/**
 * Limits the number of calls in each period. Excess calls wait for a later period, or are refused if the wait would
 * exceed `timeoutDuration`.
 *
 * The semantics are those of Resilience4j's AtomicRateLimiter (see `PermissionLedger`). A call reserves its permission
 * at once, even if its period starts later. The permission is not returned when a waiting caller aborts: later callers
 * already have their periods, so a returned permission would admit one more call to a period that is full.
 *
 * @example
 * const customer = new RateLimiter('customer', { limitForPeriod: 100, limitRefreshPeriod: '1s', timeoutDuration: 0 });
 * const response = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class RateLimiter extends BasePolicy<RateLimiterEvents, 'rateLimiterName'> {
  readonly #clock: Clock;
  readonly #startedAt: number;
  #ledger: PermissionLedger;
  #config: RateLimiterConfig;
  #waiting = 0;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options Resilience4j's; each has a default
   * @param environment the clock; real time by default. The first period starts now
   * @throws InvalidOptionsError that lists every fault
   */
  constructor(name: string, options: RateLimiterOptions = {}, environment: { readonly clock?: Clock } = {}) {
    const config = rateLimiterOptions.resolve(`RateLimiter '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super('rateLimiterName', name, clock, config.eventConsumerBufferSize);
    this.#config = config;
    this.#clock = clock;
    this.#startedAt = this.#clock.now();
    this.#ledger = new PermissionLedger(config.limitForPeriod, toNanos(config.limitRefreshPeriod));
  }

  /** The current options. */
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
   * Runs `call` when it has a permission, after a wait of at most `timeoutDuration` and not beyond the caller's
   * deadline.
   *
   * A call that would have to wait longer is refused at once, as by Resilience4j's reactive operators. Resilience4j's
   * blocking methods instead wait for `timeoutDuration` before they refuse.
   *
   * @throws RateLimitExceededError when the wait would be too long
   * @throws the reason of the caller's abort, or what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    return rejectionIfAborted(context) ?? this.usage.track(this.#run(call, context));
  }

  /**
   * Reserves permissions without waiting for them. The caller must wait before it uses them.
   *
   * @param permits the number of permissions; 1 by default. It may exceed the limit, which only makes the wait longer
   * @returns the wait in milliseconds, exact to the nanosecond; 0 when there is none; -1 when the permissions are
   *   refused because the wait would exceed `timeoutDuration`
   * @throws RangeError when `permits` is not a whole number of at least 1
   */
  reservePermission(permits = 1): number {
    this.usage.touch();
    checkWholeNumber('permits', permits, 1);
    const timeoutNanos = toNanos(this.#config.timeoutDuration);
    const nanosToWait = this.#ledger.reserve(permits, timeoutNanos, this.#nowNanos());
    const isGranted = nanosToWait <= timeoutNanos;
    this.emit(isGranted ? 'SUCCESSFUL_ACQUIRE' : 'FAILED_ACQUIRE', { numberOfPermits: permits });
    return isGranted ? nanosToWait / nanosInMs : -1;
  }

  /**
   * Takes permissions and waits until they may be used. As in Resilience4j, a refusal comes after `timeoutDuration`,
   * and an aborted wait emits FAILED_ACQUIRE.
   *
   * @param permits the number of permissions; 1 by default. It may exceed the limit, which only makes the wait longer
   * @returns whether the permissions were granted
   * @throws RangeError when `permits` is not a whole number of at least 1
   * @throws the reason of the signal's abort
   */
  async acquirePermission(permits = 1, signal?: AbortSignal): Promise<boolean> {
    this.usage.touch();
    checkWholeNumber('permits', permits, 1);
    signal?.throwIfAborted();
    const timeoutNanos = toNanos(this.#config.timeoutDuration);
    const nanosToWait = this.#ledger.reserve(permits, timeoutNanos, this.#nowNanos());
    const isGranted = nanosToWait <= timeoutNanos;
    const waitNanos = Math.min(nanosToWait, timeoutNanos);
    if (waitNanos > 0) await this.#waitFor(waitNanos, permits, signal);
    this.emit(isGranted ? 'SUCCESSFUL_ACQUIRE' : 'FAILED_ACQUIRE', { numberOfPermits: permits });
    return isGranted;
  }

  /**
   * Removes the permissions that were available at the last operation. As in Resilience4j, permissions of periods that
   * started since then stay available, and a debt from reservations is removed.
   */
  drainPermissions(): void {
    const { stored } = this.#ledger;
    this.#ledger.reserve(stored, 0, this.#nowNanos());
    this.emit('DRAINED', { numberOfPermits: Math.min(stored, 0) });
  }

  /**
   * Changes the limit from the next period on.
   *
   * @throws InvalidOptionsError when `limitForPeriod` is not a whole number of at least 1
   */
  changeLimitForPeriod(limitForPeriod: number): void {
    this.#change('limitForPeriod', limitForPeriod);
    this.#ledger.limitForPeriod = limitForPeriod;
  }

  /**
   * Changes the timeout of later requests. Waiting callers are not affected.
   *
   * @throws InvalidOptionsError when `timeoutDuration` is not a duration of at least 0
   */
  changeTimeoutDuration(timeoutDuration: Duration): void {
    this.#change('timeoutDuration', timeoutDuration);
  }

  /**
   * Replaces all options. A new `limitForPeriod` takes effect with the next period. A new `limitRefreshPeriod` starts a
   * new sequence of periods; available permissions are kept up to the new limit, and reservations are kept. Waiting
   * callers are not affected.
   *
   * @throws InvalidOptionsError that lists every fault; nothing is changed
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

  async #run<T>(call: ProtectedCall<T>, context: Partial<CallContext> | undefined): Promise<T> {
    const remainingMs = context?.deadline?.remainingMs ?? Number.POSITIVE_INFINITY;
    const timeoutNanos = toNanos(Math.min(this.#config.timeoutDuration, remainingMs));

    const nanosToWait = this.#ledger.reserve(1, timeoutNanos, this.#nowNanos());
    if (nanosToWait > timeoutNanos) {
      this.emit('FAILED_ACQUIRE', { numberOfPermits: 1 });
      throw new RateLimitExceededError(this.name, this.#config.limitForPeriod, nanosToWait / nanosInMs);
    }
    if (nanosToWait > 0) await this.#waitFor(nanosToWait, 1, signalOf(context));
    this.emit('SUCCESSFUL_ACQUIRE', { numberOfPermits: 1 });
    return call(toCallContext(context));
  }

  #change(option: 'limitForPeriod' | 'timeoutDuration', value: unknown): void {
    const subject = `RateLimiter '${this.name}'`;
    const { rules } = rateLimiterOptions;
    // `resolve` would replace an option without a value by its default.
    if (value === undefined) {
      throw new InvalidOptionsError(subject, [{ option, given: 'undefined', allowed: rules[option]!.allowed }]);
    }
    this.#config = rateLimiterOptions.resolve(subject, { ...this.#config, [option]: value });
  }

  /** Waits at least `nanos`. A single timer may fire too early: Node.js truncates delays to whole milliseconds. */
  async #waitFor(nanos: number, permits: number, signal: AbortSignal | undefined): Promise<void> {
    const until = this.#nowNanos() + nanos;
    this.#waiting++;
    try {
      for (let remaining = nanos; remaining > 0; remaining = until - this.#nowNanos()) {
        await wait(this.#clock, remaining / nanosInMs, signal);
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
