import { BasePolicy } from '../base-policy.ts';
import { type Clock, systemClock } from '../clock.ts';
import { isAborted, isDeadlineError, isTimeout } from '../cut-off.ts';
import { RejectedError } from '../errors.ts';
import {
  abortSourceOf,
  type CallContext,
  type Policy,
  type ProtectedCall,
  rejectionIfAborted,
  toCallContext,
} from '../policy.ts';
import { UserFunctions } from '../user-function.ts';
import { ConcurrencyLimitExceededError } from './adaptive-concurrency-limiter.errors.ts';
import type { AdaptiveConcurrencyLimiterEvents, SampleOutcome } from './adaptive-concurrency-limiter.events.ts';
import {
  type AdaptiveConcurrencyLimiterConfig,
  type AdaptiveConcurrencyLimiterOptions,
  adaptiveConcurrencyLimiterOptions,
  isIgnored,
} from './adaptive-concurrency-limiter.options.ts';
import { AimdLimit, GradientLimit, type LimitAlgorithm } from './limit-algorithms.ts';

/** The current state of an adaptive concurrency limiter. */
export interface AdaptiveConcurrencyLimiterMetrics {
  /** The maximum number of in-flight calls. */
  readonly limit: number;
  /** The number of in-flight calls. It is above the limit if that was lowered after the calls were admitted. */
  readonly inFlight: number;
}

/**
 * Limits concurrent calls to what the dependency can handle, and adapts the limit to the latency and failures of calls.
 *
 * It works like `SimpleLimiter` in Netflix's concurrency-limits. It has no queue: calls that wait here would distort
 * the measured latency and could as well wait at the dependency. For the same reason it is the innermost policy of a
 * pipeline, inside the queue of a bulkhead.
 *
 * A call that fails or times out, also by an outer time limiter, is a drop. A caller's abort, a timeout at the caller's
 * deadline, a refusal by another policy and an ignored error show nothing about load and are not sampled. With AIMD, a
 * call that its caller cut off after more than `timeout` is a drop.
 *
 * @example
 * const customer = new AdaptiveConcurrencyLimiter('customer', { maxLimit: 100 });
 * const response = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class AdaptiveConcurrencyLimiter
  extends BasePolicy<AdaptiveConcurrencyLimiterEvents, 'adaptiveConcurrencyLimiterName'>
  implements Policy
{
  readonly #clock: Clock;
  readonly #userFunctions: UserFunctions;
  #config: AdaptiveConcurrencyLimiterConfig;
  #algorithm: LimitAlgorithm;
  #inFlight = 0;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options each has a default
   * @param environment the clock; real time by default
   * @throws InvalidOptionsError that lists every fault
   */
  constructor(
    name: string,
    options: AdaptiveConcurrencyLimiterOptions = {},
    environment: { readonly clock?: Clock } = {},
  ) {
    const config = adaptiveConcurrencyLimiterOptions.resolve(`AdaptiveConcurrencyLimiter '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super('adaptiveConcurrencyLimiterName', name, clock, config.eventConsumerBufferSize);
    this.#config = config;
    this.#clock = clock;
    this.#userFunctions = new UserFunctions(`AdaptiveConcurrencyLimiter '${name}'`);
    this.#algorithm = algorithmFor(config);
  }

  /** The current options. */
  get config(): AdaptiveConcurrencyLimiterConfig {
    return this.#config;
  }

  get metrics(): AdaptiveConcurrencyLimiterMetrics {
    return { limit: this.#algorithm.limit, inFlight: this.#inFlight };
  }

  /**
   * Runs `call` if the number of in-flight calls is below the limit, and samples its duration and outcome.
   *
   * @throws ConcurrencyLimitExceededError when the limit is reached
   * @throws what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    return rejectionIfAborted(context) ?? this.usage.track(this.#run(call, context));
  }

  /**
   * Replaces all options. The limit restarts at `initialLimit`. In-flight calls continue and still count.
   *
   * @throws InvalidOptionsError that lists every fault; nothing is changed
   */
  reconfigure(options: AdaptiveConcurrencyLimiterOptions): void {
    this.#config = adaptiveConcurrencyLimiterOptions.resolve(`AdaptiveConcurrencyLimiter '${this.name}'`, options);
    this.#algorithm = algorithmFor(this.#config);
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
  }

  async #run<T>(call: ProtectedCall<T>, context: Partial<CallContext> | undefined): Promise<T> {
    const inFlight = this.#admit();
    const startedAt = this.#clock.now();
    let result: T;
    try {
      result = await call(toCallContext(context));
    } catch (error) {
      this.#inFlight--;
      const elapsedDurationMs = this.#clock.now() - startedAt;
      this.#record(this.#outcomeOf(error, context, elapsedDurationMs), elapsedDurationMs, inFlight);
      throw error;
    }
    this.#inFlight--;
    this.#record('SUCCESS', this.#clock.now() - startedAt, inFlight);
    return result;
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

  #outcomeOf(error: unknown, context: Partial<CallContext> | undefined, elapsedDurationMs: number): SampleOutcome {
    if (isAborted(context) || isDeadlineError(error)) {
      const { algorithm, timeout } = this.config;
      const isSlow = algorithm === 'AIMD' && elapsedDurationMs > timeout;
      return isSlow || isTimeout(abortSourceOf(context)?.reason) ? 'DROPPED' : 'IGNORED';
    }
    if (error instanceof RejectedError) return 'IGNORED';
    return isIgnored(this.config, error, this.#userFunctions) ? 'IGNORED' : 'DROPPED';
  }

  #record(outcome: SampleOutcome, elapsedDurationMs: number, inFlight: number): void {
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
