import { type Clock, systemClock } from '../clock.ts';
import { Deadline, DeadlineExceededError } from '../deadline.ts';
import { EventPublisher } from '../events.ts';
import {
  abortSourceOf,
  callContext,
  type CallContext,
  decorateCall,
  invokeCall,
  LazyAbortController,
  type Policy,
  type ProtectedCall,
  whenAborted,
} from '../policy.ts';
import { TimeoutExceededError } from './time-limiter.errors.ts';
import type { TimeLimit, TimeLimiterEvents } from './time-limiter.events.ts';
import { type TimeLimiterConfig, timeLimiterOptions, type TimeLimiterOptions } from './time-limiter.options.ts';

/**
 * Answers in time: with the call's result, or with an error as soon as the time is up, and aborts the call's signal so
 * that its work ends too.
 *
 * A deadline of the caller that comes before `timeoutDuration` is over wins. The call in turn is told the deadline that
 * holds for it, to hand it on to the next service; unless `cancelRunningFuture` is false, where the work is meant to
 * outlive the time limit and only the caller's deadline is handed on.
 *
 * @example
 * const customer = new TimeLimiter('customer', { timeoutDuration: '2s' });
 * const answer = await customer.execute(({ signal, deadline }) =>
 *   fetch(url, { signal, headers: deadlineHeaders(deadline) }),
 * );
 */
export class TimeLimiter extends EventPublisher<TimeLimiterEvents, 'timeLimiterName'> implements Policy {
  readonly name: string;
  readonly #clock: Clock;
  #config: TimeLimiterConfig;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options Resilience4j's, each with its default
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault
   */
  constructor(name: string, options: TimeLimiterOptions = {}, environment: { readonly clock?: Clock } = {}) {
    const config = timeLimiterOptions.resolve(`TimeLimiter '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super({ timeLimiterName: name }, clock, config.eventConsumerBufferSize);
    this.name = name;
    this.#config = config;
    this.#clock = clock;
  }

  /** As given, and changed since by `reconfigure`. */
  get config(): TimeLimiterConfig {
    return this.#config;
  }

  /**
   * Runs `call` and answers within the time limit. A result that comes later is dropped, an error that comes later as
   * well. A call that its caller gives up is answered at once, and is no event: it was neither in time nor late.
   *
   * @throws TimeoutExceededError when the time is up
   * @throws DeadlineExceededError when the caller's deadline has passed already; the call is not made
   * @throws the reason of the caller's abort, or what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const caller = abortSourceOf(context);
    if (caller?.aborted) return Promise.reject(caller.reason as Error);
    const startedAt = this.#clock.now();
    const given = context?.deadline;
    const { timeoutDuration, cancelRunningFuture } = this.#config;
    const remainingMs = given === undefined ? Number.POSITIVE_INFINITY : Math.max(0, given.endsAt - startedAt);
    const limitedBy: TimeLimit = remainingMs < timeoutDuration ? 'deadline' : 'timeoutDuration';
    const timeoutMs = Math.min(remainingMs, timeoutDuration);
    if (timeoutMs === 0) return Promise.reject(this.#refused());

    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const work = new LazyAbortController();
    let isAnswered = false;

    const onTimeout = (): void => {
      isAnswered = true;
      const error = this.#timedOut(timeoutMs, limitedBy);
      reject(error);
      if (!this.config.cancelRunningFuture) return;
      // Work that never ends must not hold on to a signal that lives long.
      stopListening();
      work.abort(error);
    };
    const onCallerAbort = (reason: unknown): void => {
      cancelTimer();
      isAnswered = true;
      reject(reason);
      work.abort(reason);
    };
    const cancelTimer = this.#clock.schedule(timeoutMs, onTimeout);
    const stopListening = whenAborted(context, onCallerAbort);

    /** @returns whether the call has ended before it was answered otherwise */
    const end = (): boolean => {
      cancelTimer();
      stopListening();
      const isFirst = !isAnswered;
      isAnswered = true;
      return isFirst;
    };
    const isOurs = limitedBy === 'timeoutDuration' && cancelRunningFuture;
    const deadline = isOurs ? new Deadline(startedAt + timeoutMs, this.#clock) : given;
    invokeCall(call, callContext(work, context?.attempt ?? 1, deadline)).then(
      (result) => {
        if (end()) this.#succeed(result, resolve);
      },
      (error: unknown) => {
        if (end()) this.#fail(error, reject);
      },
    );
    return promise;
  }

  /** The same function under this time limiter; `this` and the arguments are handed on. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  /**
   * Goes on with other options, all of them given anew. A call under way keeps the time that it was given.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: TimeLimiterOptions): void {
    this.#config = timeLimiterOptions.resolve(`TimeLimiter '${this.name}'`, options);
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
  }

  #refused(): DeadlineExceededError {
    this.emit('TIMEOUT', { timeoutMs: 0, limitedBy: 'deadline' });
    return new DeadlineExceededError(`TimeLimiter '${this.name}'`);
  }

  #timedOut(timeoutMs: number, limitedBy: TimeLimit): TimeoutExceededError {
    this.emit('TIMEOUT', { timeoutMs, limitedBy });
    return new TimeoutExceededError(this.name, timeoutMs, limitedBy);
  }

  #succeed<T>(result: T, resolve: (result: T) => void): void {
    this.emit('SUCCESS', {});
    resolve(result);
  }

  #fail(error: unknown, reject: (error: unknown) => void): void {
    this.emit('ERROR', { error });
    reject(error);
  }
}
