import { type Clock, systemClock } from '../clock.ts';
import { type Duration, parseDuration } from '../duration.ts';
import { type EventDetails, EventPublisher, warn } from '../events.ts';
import type { Random } from '../interval-function.ts';
import {
  abortSourceOf,
  type CallContext,
  decorateCall,
  invokeCall,
  isCallerAbort,
  type ProtectedCall,
  toCallContext,
} from '../policy.ts';
import type { AnyCircuitBreaker } from './circuit-breaker.contract.ts';
import { chosenEngine } from './circuit-breaker.engines.ts';
import {
  CallAbortedOnOpenError,
  CallNotPermittedError,
  IllegalStateTransitionError,
  ResultRecordedAsFailureError,
} from './circuit-breaker.errors.ts';
import type { CircuitBreakerEvents } from './circuit-breaker.events.ts';
import { type CircuitBreakerMetrics, WindowMetrics } from './circuit-breaker.metrics.ts';
import {
  type CallOutcome,
  type CircuitBreakerConfig,
  type CircuitBreakerOptions,
  judgeError,
  resolveCircuitBreakerOptions,
} from './circuit-breaker.options.ts';
import type { State, StateMachine } from './circuit-breaker.state.ts';
import { ClosedState, DisabledState, HalfOpenState, OpenState } from './circuit-breaker.states.ts';
import { legalTransitions, type StateName } from './circuit-breaker.transitions.ts';
import { CallsUnderWay } from './calls-under-way.ts';
import { RampUpState } from './ramp-up.state.ts';
import type { WindowContents } from './sliding-window.ts';

/** Where a circuit breaker takes time and chance from. */
export interface CircuitBreakerEnvironment {
  /** Real time by default. */
  readonly clock?: Clock;
  /** `Math.random` by default. */
  readonly random?: Random;
}

/**
 * Stops calling a dependency that fails or is slow, and tries it again with a few calls.
 *
 * The semantics are Resilience4j's. Its low-level calls (`tryAcquirePermission`, `onSuccess`, `onError`, `onResult`,
 * `releasePermission`) are anonymous: a result is judged by whatever state the circuit breaker is in when it arrives.
 * `execute` and `decorate` are stricter: a result that arrives after the state that admitted the call has ended is told
 * about as an event and judged by nobody.
 *
 * @example
 * const customer = new CircuitBreaker('customer', { slidingWindowSize: 10, slowCallDurationThreshold: '1s' });
 * const answer = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class CircuitBreaker
  extends EventPublisher<CircuitBreakerEvents, 'circuitBreakerName'>
  implements AnyCircuitBreaker
{
  /** What its states may ask of a circuit breaker, and nobody else. */
  static readonly #Machine = class implements StateMachine {
    readonly #breaker: CircuitBreaker;

    constructor(breaker: CircuitBreaker) {
      this.#breaker = breaker;
    }

    get config(): CircuitBreakerConfig {
      return this.#breaker.#config;
    }

    get clock(): Clock {
      return this.#breaker.#clock;
    }

    transition(from: State, to: StateName): void {
      this.#breaker.#transition(from, to);
    }

    recover(from: State): void {
      if (this.config.rampUpSteps.length === 0) this.transition(from, 'CLOSED');
      else this.#breaker.#transition(from, 'HALF_OPEN', () => new RampUpState(this, from.attempt));
    }

    tryAcquirePermission(): boolean {
      return this.#breaker.#state.tryAcquirePermission();
    }

    publishFailureRateExceeded(failureRate: number): void {
      this.#breaker.emit('FAILURE_RATE_EXCEEDED', { failureRate });
    }

    publishSlowCallRateExceeded(slowCallRate: number): void {
      this.#breaker.emit('SLOW_CALL_RATE_EXCEEDED', { slowCallRate });
    }

    publishCombinedRateExceeded(combinedRate: number): void {
      this.#breaker.emit('COMBINED_RATE_EXCEEDED', { combinedRate });
    }

    publishNotPermitted(): void {
      if (this.#breaker.#state.isRecording) this.#breaker.emit('NOT_PERMITTED', {});
    }

    publishHealthProbe(isHealthy: boolean, error: unknown): void {
      this.#breaker.emit('HEALTH_PROBE', { isHealthy, error });
    }

    publishRampUp(admissionPercentage: number): void {
      this.#breaker.emit('RAMP_UP', { admissionPercentage });
    }
  };

  readonly name: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #machine: StateMachine;
  #config: CircuitBreakerConfig;
  /** Whether a result is a success whatever it is: no function of the configuration is asked about it. */
  #isResultPlain: boolean;
  #callsUnderWay: CallsUnderWay | undefined;
  #state: State;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options Resilience4j's, each with its default
   * @param environment where time and chance come from
   * @throws InvalidOptionsError listing every fault; also for an engine, which only a registry can choose
   */
  constructor(name: string, options: CircuitBreakerOptions = {}, environment: CircuitBreakerEnvironment = {}) {
    const subject = `CircuitBreaker '${name}'`;
    chosenEngine(subject, options, {});
    const config = resolveCircuitBreakerOptions(subject, options);
    const clock = environment.clock ?? systemClock;
    super({ circuitBreakerName: name }, clock, config.eventConsumerBufferSize);
    this.name = name;
    this.#config = config;
    this.#isResultPlain = isResultPlain(config);
    this.#clock = clock;
    this.#random = environment.random ?? Math.random;
    this.#callsUnderWay = config.abortCallsOnOpen ? new CallsUnderWay() : undefined;
    this.#machine = new CircuitBreaker.#Machine(this);
    this.#state = this.#initialState();
    this.#state.enter();
  }

  /** As given, and changed since by `reconfigure`. */
  get config(): CircuitBreakerConfig {
    return this.#config;
  }

  get state(): StateName {
    return this.#state.name;
  }

  /** The window and its rates as of now. */
  get metrics(): CircuitBreakerMetrics {
    return this.#state.metrics.snapshot();
  }

  /** What the window holds as of now, call by call or second by second. A copy, for people to look at. */
  get window(): WindowContents {
    return this.#state.metrics.contents();
  }

  /** The share of calls that are let through, in percent; 0 while none is but those on trial in HALF_OPEN. */
  get admissionPercentage(): number {
    return this.#state.admissionPercentage;
  }

  /** How long until the clock ends the present state, in milliseconds; `undefined` when no clock does. */
  get remainingMs(): number | undefined {
    return this.#state.remainingMs();
  }

  /**
   * Runs `call` if the circuit breaker permits it, and judges how it ends.
   *
   * The caller's own abort is no evidence against the dependency: the permission is given back.
   *
   * @throws CallNotPermittedError when it refuses; otherwise what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    if (!this.#state.tryAcquirePermission()) return Promise.reject(this.#refusal());
    const issuer = this.#state;
    const startedAt = this.#clock.now();
    const given = toCallContext(context);
    const answer = this.#callsUnderWay === undefined ? invokeCall(call, given) : this.#callsUnderWay.run(call, given);
    // Not an async function: this is the way of every call, and `then` is a promise and a turn less.
    return answer.then(
      (result) => {
        const endedAt = this.#clock.now();
        const elapsedMs = endedAt - startedAt;
        if (this.#isResultPlain && issuer === this.#state) {
          // The way of nearly every call, short enough for the compiler to make one piece of it.
          this.#emitCallEnd('SUCCESS', { elapsedDurationMs: elapsedMs }, endedAt);
          issuer.record(false, elapsedMs);
        } else {
          this.#settleResult(elapsedMs, result, issuer, endedAt);
        }
        return result;
      },
      (error: unknown) => {
        const endedAt = this.#clock.now();
        const elapsedMs = endedAt - startedAt;
        if (isCallerAbort(error, abortSourceOf(context))) this.#ignore(elapsedMs, error, issuer, endedAt);
        else this.#settleError(elapsedMs, error, issuer, endedAt);
        throw error;
      },
    );
  }

  /** The same function under this circuit breaker; `this` and the arguments are handed on. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  /** Asks for permission. Whoever gets it reports the end with `onSuccess`, `onError`, `onResult` or `releasePermission`. */
  tryAcquirePermission(): boolean {
    return this.#state.tryAcquirePermission();
  }

  /** @throws CallNotPermittedError when permission is refused */
  acquirePermission(): void {
    if (!this.#state.tryAcquirePermission()) throw this.#refusal();
  }

  /** Gives a permission back whose call has no result. */
  releasePermission(): void {
    this.#state.releasePermission();
  }

  /** @param durationMs how long the call took, in milliseconds */
  onSuccess(durationMs: number): void {
    this.#settleSuccess(durationMs, undefined, undefined, this.#clock.now());
  }

  /** @param durationMs how long the call took, in milliseconds */
  onError(durationMs: number, error: unknown): void {
    this.#settleError(durationMs, error, undefined, this.#clock.now());
  }

  /** @param durationMs how long the call took, in milliseconds */
  onResult(durationMs: number, result: unknown): void {
    this.#settleResult(durationMs, result, undefined, this.#clock.now());
  }

  /** To a fresh CLOSED. */
  transitionToClosedState(): void {
    this.#transition(this.#state, 'CLOSED');
  }

  /** @throws IllegalStateTransitionError from METRICS_ONLY */
  transitionToOpenState(): void {
    this.#transition(this.#state, 'OPEN');
  }

  /**
   * To OPEN with a wait of its own, which is not counted as an attempt.
   *
   * @throws IllegalStateTransitionError from METRICS_ONLY
   */
  transitionToOpenStateFor(waitDuration: Duration): void {
    const waitMs = parseDuration(waitDuration);
    if (waitMs === undefined || waitMs < 0) {
      throw new RangeError(`The wait in OPEN must be a duration of at least 0 ms, but ${waitDuration} was given.`);
    }
    this.transitionToOpenStateUntil(this.#clock.now() + waitMs);
  }

  /**
   * To OPEN until `time`, in milliseconds since the Unix epoch; not counted as an attempt.
   *
   * @throws IllegalStateTransitionError from METRICS_ONLY
   */
  transitionToOpenStateUntil(time: number): void {
    const { attempt, metrics } = this.#state;
    this.#transition(this.#state, 'OPEN', () => new OpenState(this.#machine, attempt, metrics, time));
  }

  /** @throws IllegalStateTransitionError from CLOSED and METRICS_ONLY */
  transitionToHalfOpenState(): void {
    this.#transition(this.#state, 'HALF_OPEN');
  }

  transitionToForcedOpenState(): void {
    this.#transition(this.#state, 'FORCED_OPEN');
  }

  transitionToDisabledState(): void {
    this.#transition(this.#state, 'DISABLED');
  }

  transitionToMetricsOnlyState(): void {
    this.#transition(this.#state, 'METRICS_ONLY');
  }

  /** To a fresh CLOSED from any state; pending timers are cancelled. */
  reset(): void {
    this.#transition(this.#state, 'CLOSED');
    this.emit('RESET', {});
  }

  /**
   * Goes on with other options, all of them given anew. The state stays: OPEN goes on with the wait that it was begun with,
   * and HALF_OPEN begins its trial afresh if that is another one now. A window of another type or size begins empty,
   * otherwise it is kept and judged by the new thresholds at the next call. Calls under way are judged by the new options,
   * too. `initialState` has no effect any more.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: CircuitBreakerOptions): void {
    const subject = `CircuitBreaker '${this.name}'`;
    chosenEngine(subject, options, {});
    const before = this.#config;
    this.#config = resolveCircuitBreakerOptions(subject, options);
    this.#isResultPlain = isResultPlain(this.#config);
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
    if (this.#config.abortCallsOnOpen) this.#callsUnderWay ??= new CallsUnderWay();
    else this.#callsUnderWay = undefined;
    this.#state.reconfigure(before);
  }

  /** Frees what the circuit breaker holds: its timer, if there is one. It must not be used afterwards. */
  dispose(): void {
    this.#state.leave();
  }

  #refusal(): CallNotPermittedError {
    const { name, config, state } = this;
    return config.writableStackTraceEnabled
      ? new CallNotPermittedError(name, state, this.remainingMs)
      : CallNotPermittedError.withoutStackTrace(name, state, this.remainingMs);
  }

  #settleSuccess(elapsedDurationMs: number, result: unknown, issuer: State | undefined, endedAt: number): void {
    this.#emitCallEnd('SUCCESS', { elapsedDurationMs }, endedAt);
    if (!this.#isJudge(issuer)) return;
    this.#state.record(false, elapsedDurationMs);
    if (this.#config.transitionOnResult !== undefined) this.#decideBy(this.#config.transitionOnResult({ result }));
  }

  #settleResult(elapsedMs: number, result: unknown, issuer: State | undefined, endedAt: number): void {
    const { recordResult } = this.#config;
    if (recordResult === undefined || !this.#judging(issuer, () => recordResult(result))) {
      this.#settleSuccess(elapsedMs, result, issuer, endedAt);
    } else {
      const error = new ResultRecordedAsFailureError(this.name, result);
      this.#settleFailure(elapsedMs, error, issuer, { result }, endedAt);
    }
  }

  #settleError(elapsedMs: number, error: unknown, issuer: State | undefined, endedAt: number): void {
    const verdict = this.#judging(issuer, () => judgeError(this.#config, error));
    if (verdict === 'ignored') this.#ignore(elapsedMs, error, issuer, endedAt);
    else if (verdict === 'failure') this.#settleFailure(elapsedMs, error, issuer, { error }, endedAt);
    else this.#settleSuccess(elapsedMs, undefined, issuer, endedAt);
  }

  #settleFailure(
    elapsedDurationMs: number,
    error: unknown,
    issuer: State | undefined,
    outcome: CallOutcome,
    endedAt: number,
  ): void {
    this.#emitCallEnd('ERROR', { elapsedDurationMs, error }, endedAt);
    if (!this.#isJudge(issuer)) return;
    this.#state.record(true, elapsedDurationMs);
    if (this.#config.transitionOnResult !== undefined) this.#decideBy(this.#config.transitionOnResult(outcome));
  }

  #ignore(elapsedDurationMs: number, error: unknown, issuer: State | undefined, endedAt: number): void {
    if (this.#isJudge(issuer)) this.#state.releasePermission();
    this.#emitCallEnd('IGNORED_ERROR', { elapsedDurationMs, error }, endedAt);
  }

  /** Low-level results come without an issuer and are judged by the present state, others by their issuer alone. */
  #isJudge(issuer: State | undefined): boolean {
    return issuer === undefined || issuer === this.#state;
  }

  /** Runs a predicate of the configuration. If it throws, no permission may be lost with it. */
  #judging<V>(issuer: State | undefined, judge: () => V): V {
    try {
      return judge();
    } catch (error) {
      if (this.#isJudge(issuer)) this.#state.releasePermission();
      throw error;
    }
  }

  #decideBy(decision: ReturnType<NonNullable<CircuitBreakerConfig['transitionOnResult']>>): void {
    if (decision === 'NO_TRANSITION' || !(this.state === 'CLOSED' || this.state === 'HALF_OPEN')) return;
    if (decision.waitUntil !== undefined) this.transitionToOpenStateUntil(decision.waitUntil);
    else if (decision.waitDuration !== undefined) this.transitionToOpenStateFor(decision.waitDuration);
    else this.transitionToOpenState();
  }

  #transition(from: State, to: StateName, makeState = () => this.#makeState(to, from.attempt, from.metrics)): void {
    if (from !== this.#state) return;
    if (!legalTransitions[from.name].includes(to)) throw new IllegalStateTransitionError(this.name, from.name, to);

    const next = makeState();
    from.leave();
    this.#state = next;
    next.enter();
    if (from.name !== to) {
      this.emit('STATE_TRANSITION', { fromState: from.name, toState: to });
      if (to === 'OPEN' || to === 'FORCED_OPEN') this.#release();
    }
  }

  /** What is under way will hardly end well, and its connections are as dead as the dependency: recovery starts clean. */
  #release(): void {
    this.#callsUnderWay?.abort(new CallAbortedOnOpenError(this.name));
    void this.#releaseConnections();
  }

  async #releaseConnections(): Promise<void> {
    try {
      await this.config.releaseOnOpen?.();
    } catch (error) {
      const message = `releaseOnOpen of CircuitBreaker '${this.name}' failed. The circuit breaker is open all the same.`;
      warn('ResilienceReleaseWarning', message, error);
    }
  }

  #initialState(): State {
    const { initialState } = this.config;
    const attempt = initialState === 'HALF_OPEN' ? 1 : 0;
    return this.#makeState(initialState, attempt, WindowMetrics.configured(this.config, this.#clock));
  }

  /** @param attempt and `metrics` of the state that is left */
  #makeState(name: StateName, attempt: number, metrics: WindowMetrics): State {
    switch (name) {
      case 'CLOSED':
      case 'METRICS_ONLY':
        return new ClosedState(this.#machine, name);
      case 'OPEN':
        return new OpenState(this.#machine, attempt + 1, metrics, this.#clock.now() + this.#waitMs(attempt + 1));
      case 'HALF_OPEN':
        return new HalfOpenState(this.#machine, attempt);
      case 'FORCED_OPEN':
        return new OpenState(this.#machine, attempt + 1, WindowMetrics.configured(this.config, this.#clock), undefined);
      case 'DISABLED':
        return new DisabledState(this.#machine);
    }
  }

  #waitMs(attempt: number): number {
    const { waitDurationInOpenState, waitIntervalFunctionInOpenState } = this.config;
    const waitMs = waitIntervalFunctionInOpenState?.(attempt) ?? waitDurationInOpenState ?? 0;
    // A function that answers nonsense must not keep the circuit breaker open for ever.
    return waitMs >= 0 ? waitMs * (1 + this.config.waitJitterFactor * this.#random()) : 0;
  }

  /** Without an event in states that do not record calls. */
  #emitCallEnd<K extends 'SUCCESS' | 'ERROR' | 'IGNORED_ERROR'>(
    type: K,
    details: EventDetails<CircuitBreakerEvents[K], 'circuitBreakerName'>,
    endedAt: number,
  ): void {
    if (this.#state.isRecording) this.emit(type, details, endedAt);
  }
}

function isResultPlain({ recordResult, transitionOnResult }: CircuitBreakerConfig): boolean {
  return recordResult === undefined && transitionOnResult === undefined;
}
