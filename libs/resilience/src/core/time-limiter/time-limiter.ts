import { BasePolicy } from '../base-policy.ts';
import { type Clock, systemClock } from '../clock.ts';
import { isDeadlineError } from '../cut-off.ts';
import { Deadline, DeadlineExceededError } from '../deadline.ts';
import {
  callContext,
  type CallContext,
  invokeCall,
  LazyAbortController,
  type ProtectedCall,
  rejectionIfAborted,
  whenAborted,
} from '../policy.ts';
import { TimeoutExceededError } from './time-limiter.errors.ts';
import type { TimeLimit, TimeLimiterEvents } from './time-limiter.events.ts';
import {
  type TimeLimiterConfig,
  timeLimiterOptions,
  type TimeLimiterOptions,
  type TotalDeadlineOptions,
  totalDeadlineOptions,
} from './time-limiter.options.ts';
import { withResolvers } from '../with-resolvers.ts';

/** What distinguishes the kinds of policies that limit time. */
interface TimeLimitForm {
  /** In errors and messages. */
  readonly label: string;
  readonly options: typeof timeLimiterOptions;
}

const timeLimiterForm: TimeLimitForm = { label: 'TimeLimiter', options: timeLimiterOptions };

/**
 * Limits how long a caller waits. After the timeout the caller gets an error and the call's signal is aborted, so that
 * its work ends too.
 *
 * The time limit is `timeoutDuration`, or the caller's deadline if that is earlier. The context of the call contains
 * the resulting deadline, to be passed on to the next service. If `cancelRunningFuture` is false, work may outlive the
 * time limit, and the context contains only the caller's deadline.
 *
 * @example
 * const customer = new TimeLimiter('customer', { timeoutDuration: '2s' });
 * const response = await customer.execute(({ signal, deadline }) =>
 *   fetch(url, { signal, headers: deadlineHeaders(deadline) }),
 * );
 */
export class TimeLimiter extends BasePolicy<TimeLimiterEvents, 'timeLimiterName'> {
  readonly #clock: Clock;
  readonly #form: TimeLimitForm;
  #config: TimeLimiterConfig;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options Resilience4j's; each has a default
   * @param environment the clock; real time by default
   * @throws InvalidOptionsError that lists every fault
   */
  constructor(
    name: string,
    options: TimeLimiterOptions = {},
    environment: { readonly clock?: Clock } = {},
    form: TimeLimitForm = timeLimiterForm,
  ) {
    const config = form.options.resolve(`${form.label} '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super('timeLimiterName', name, clock, config.eventConsumerBufferSize);
    this.#config = config;
    this.#clock = clock;
    this.#form = form;
  }

  /** The current options. */
  get config(): TimeLimiterConfig {
    return this.#config;
  }

  /**
   * Runs `call` and settles within the time limit. Later results and errors are dropped. When the caller aborts, it
   * settles at once and emits no event, because the call was neither in time nor too late.
   *
   * @throws TimeoutExceededError when the call takes too long
   * @throws DeadlineExceededError when the caller's deadline has already passed; the call is not made
   * @throws the reason of the caller's abort, or what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const rejection = rejectionIfAborted(context);
    if (rejection !== undefined) return rejection;
    const startedAt = this.#clock.now();
    const given = context?.deadline;
    const { timeoutDuration, cancelRunningFuture } = this.#config;
    const remainingMs = given === undefined ? Number.POSITIVE_INFINITY : Math.max(0, given.endsAt - startedAt);
    const limitedBy: TimeLimit = remainingMs < timeoutDuration ? 'deadline' : 'timeoutDuration';
    const timeoutMs = Math.min(remainingMs, timeoutDuration);
    if (timeoutMs === 0) return Promise.reject(this.#refused());

    const { promise, resolve, reject } = withResolvers<T>();
    const work = new LazyAbortController();
    let timeout: TimeoutExceededError | undefined;
    let isAborted = false;

    const onTimeout = (): void => {
      timeout = this.#timedOut(timeoutMs, limitedBy);
      reject(timeout);
      if (!cancelRunningFuture) return;
      // Work that never ends must not keep a listener on a long-lived signal.
      stopListening();
      work.abort(timeout);
    };
    const onCallerAbort = (reason: unknown): void => {
      cancelTimer();
      isAborted = true;
      reject(reason);
      work.abort(reason);
    };
    const cancelTimer = this.#clock.schedule(timeoutMs, onTimeout);
    const stopListening = whenAborted(context, onCallerAbort);
    const isOwnDeadline = limitedBy === 'timeoutDuration' && cancelRunningFuture;
    const deadline = isOwnDeadline ? new Deadline(startedAt + timeoutMs, this.#clock) : given;
    const { attempt = 1, request, endpoint, usedEndpoints } = context ?? {};
    const running = invokeCall(call, callContext(work, attempt, { deadline, request, endpoint, usedEndpoints }));
    // The functions of the promise itself: V8 follows them from an error in the call to the caller, but no others.
    void running.then(resolve, reject);
    this.usage.start();
    return promise.then(
      (result) => {
        this.usage.end();
        cancelTimer();
        stopListening();
        this.emit('SUCCESS', {});
        return result;
      },
      (error: unknown) => {
        this.usage.end();
        if (timeout !== undefined) {
          // A timer has no caller; here, V8 finds the one that awaits the promise.
          Error.captureStackTrace(timeout);
          // The caller can still abort work that continues.
          void running.then(stopListening, stopListening);
        }
        if (timeout !== undefined || isAborted) return promise;
        cancelTimer();
        stopListening();
        // A time limiter inside ended the call by the deadline that this one set.
        if (isOwnDeadline && isDeadlineError(error)) throw this.#timedOut(timeoutMs, limitedBy);
        this.emit('ERROR', { error });
        return promise;
      },
    );
  }

  /**
   * Replaces all options. In-flight calls keep those with which they started.
   *
   * @throws InvalidOptionsError that lists every fault; nothing is changed
   */
  reconfigure(options: TimeLimiterOptions): void {
    this.#config = this.#form.options.resolve(`${this.#form.label} '${this.name}'`, options);
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
  }

  #refused(): DeadlineExceededError {
    this.emit('TIMEOUT', { timeoutMs: 0, limitedBy: 'deadline' });
    return new DeadlineExceededError(`${this.#form.label} '${this.name}'`);
  }

  #timedOut(timeoutMs: number, limitedBy: TimeLimit): TimeoutExceededError {
    this.emit('TIMEOUT', { timeoutMs, limitedBy });
    return new TimeoutExceededError(this.name, timeoutMs, limitedBy, this.#form.label);
  }
}

/**
 * Limits how long a call may take with all its attempts and the waits between them: a time limiter around the retry,
 * which sets the deadline that all policies inside obey.
 */
export class TotalDeadline extends TimeLimiter {
  readonly kind = 'deadline';

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options each has a default
   * @param environment the clock; real time by default
   * @throws InvalidOptionsError that lists every fault
   */
  constructor(name: string, options: TotalDeadlineOptions = {}, environment: { readonly clock?: Clock } = {}) {
    super(name, options, environment, { label: 'TotalDeadline', options: totalDeadlineOptions });
  }
}
