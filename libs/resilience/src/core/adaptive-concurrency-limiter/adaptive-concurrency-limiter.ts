import { type Clock, systemClock } from '../clock.ts';
import { RejectedError, ResilienceError } from '../errors.ts';
import { EventPublisher } from '../events.ts';
import {
  type AbortSource,
  abortSourceOf,
  type CallContext,
  decorateCall,
  isCallerAbort,
  type Policy,
  type ProtectedCall,
  toCallContext,
} from '../policy.ts';
import { ConcurrencyLimitExceededError } from './adaptive-concurrency-limiter.errors.ts';
import type { AdaptiveConcurrencyLimiterEvents, SampleOutcome } from './adaptive-concurrency-limiter.events.ts';
import {
  type AdaptiveConcurrencyLimiterConfig,
  type AdaptiveConcurrencyLimiterOptions,
  adaptiveConcurrencyLimiterOptions,
  isIgnored,
} from './adaptive-concurrency-limiter.options.ts';
import { AimdLimit } from './aimd-limit.ts';
import { GradientLimit } from './gradient-limit.ts';
import type { LimitAlgorithm } from './limit-algorithm.ts';

/** What an adaptive concurrency limiter can tell about now. */
export interface AdaptiveConcurrencyLimiterMetrics {
  /** How many calls may be under way at once. */
  readonly limit: number;
  /** How many are. It may be above a limit that was lowered after they were admitted. */
  readonly inFlight: number;
}

/**
 * Refuses calls beyond what the dependency can take at once, and finds out by itself how many that is.
 *
 * After `SimpleLimiter` in Netflix's concurrency-limits. It never queues: what waits here could as well wait at the
 * dependency, and would hide how long calls really take. For the same reason it stands nearest to the call, inside a
 * bulkhead's queue.
 *
 * A call that fails or times out, also by an outer time limiter, is a drop. The caller's abort, a refusal by another
 * policy and ignored errors say nothing about load and are no samples.
 *
 * @example
 * const customer = new AdaptiveConcurrencyLimiter('customer', { maxLimit: 100 });
 * const answer = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class AdaptiveConcurrencyLimiter
  extends EventPublisher<AdaptiveConcurrencyLimiterEvents, 'adaptiveConcurrencyLimiterName'>
  implements Policy
{
  readonly name: string;
  readonly #clock: Clock;
  #config: AdaptiveConcurrencyLimiterConfig;
  #algorithm: LimitAlgorithm;
  #inFlight = 0;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options each with its default
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault
   */
  constructor(
    name: string,
    options: AdaptiveConcurrencyLimiterOptions = {},
    environment: { readonly clock?: Clock } = {},
  ) {
    const config = adaptiveConcurrencyLimiterOptions.resolve(`AdaptiveConcurrencyLimiter '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super({ adaptiveConcurrencyLimiterName: name }, clock, config.eventConsumerBufferSize);
    this.name = name;
    this.#config = config;
    this.#clock = clock;
    this.#algorithm = algorithmFor(config);
  }

  /** As given, and changed since by `reconfigure`. */
  get config(): AdaptiveConcurrencyLimiterConfig {
    return this.#config;
  }

  get metrics(): AdaptiveConcurrencyLimiterMetrics {
    return { limit: this.#algorithm.limit, inFlight: this.#inFlight };
  }

  /**
   * Runs `call` if fewer calls are under way than the limit, and learns from how it ends.
   *
   * @throws ConcurrencyLimitExceededError when it refuses; otherwise what `call` threw
   */
  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const inFlight = this.#admit();
    const startedAt = this.#clock.now();
    let result: T;
    try {
      result = await call(toCallContext(context));
    } catch (error) {
      this.#inFlight--;
      this.#learn(this.#outcomeOf(error, abortSourceOf(context)), this.#clock.now() - startedAt, inFlight);
      throw error;
    }
    this.#inFlight--;
    this.#learn('SUCCESS', this.#clock.now() - startedAt, inFlight);
    return result;
  }

  /** The same function under this limiter; `this` and the arguments are handed on. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  /**
   * Goes on with other options, all of them given anew. The limit is found anew, beginning with `initialLimit`; calls under
   * way stay, and count.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: AdaptiveConcurrencyLimiterOptions): void {
    this.#config = adaptiveConcurrencyLimiterOptions.resolve(`AdaptiveConcurrencyLimiter '${this.name}'`, options);
    this.#algorithm = algorithmFor(this.#config);
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
  }

  #admit(): number {
    const { limit } = this.#algorithm;
    if (this.#inFlight >= limit) {
      const inFlight = this.#inFlight;
      this.emit('CALL_REJECTED', { limit, inFlight });
      throw new ConcurrencyLimitExceededError(this.name, limit, inFlight);
    }
    const inFlight = ++this.#inFlight;
    this.emit('CALL_PERMITTED', { inFlight });
    return inFlight;
  }

  #outcomeOf(error: unknown, abort: AbortSource | undefined): SampleOutcome {
    if (isCallerAbort(error, abort)) return isTimeout(abort?.reason) ? 'DROPPED' : 'IGNORED';
    return error instanceof RejectedError || isIgnored(this.config, error) ? 'IGNORED' : 'DROPPED';
  }

  #learn(outcome: SampleOutcome, elapsedDurationMs: number, inFlight: number): void {
    this.emit('CALL_FINISHED', { elapsedDurationMs, outcome });
    if (outcome === 'IGNORED') return;
    const oldLimit = this.#algorithm.limit;
    const newLimit = this.#algorithm.onSample({ rttMs: elapsedDurationMs, inFlight, didDrop: outcome === 'DROPPED' });
    if (newLimit !== oldLimit) this.emit('LIMIT_CHANGED', { oldLimit, newLimit });
  }
}

function algorithmFor(config: AdaptiveConcurrencyLimiterConfig): LimitAlgorithm {
  return config.algorithm === 'AIMD' ? new AimdLimit(config) : new GradientLimit(config);
}

/**
 * An outer time limiter ends a call by the same signal as a caller who gave up, but how long the dependency took is just
 * what says most about its load. Not so when it was the caller's deadline that left little time.
 */
function isTimeout(reason: unknown): boolean {
  if (!(reason instanceof ResilienceError) || reason.code !== 'TIMEOUT_EXCEEDED') return false;
  return !('limitedBy' in reason && reason.limitedBy === 'deadline');
}
