import { checkFinite, durationArgument } from '../arguments.ts';
import { BasePolicy } from '../base-policy.ts';
import { UsedEndpoints } from '../call-endpoints.ts';
import { type Clock, runInBackground, systemClock } from '../clock.ts';
import type { Duration } from '../duration.ts';
import { warn } from '../events.ts';
import type { Random } from '../interval-function.ts';
import { type CallContext, invokeCall, type ProtectedCall, rejectionIfAborted, withUsedEndpoints } from '../policy.ts';
import { UserFunctions } from '../user-function.ts';
import { type AnyCircuitBreaker, chosenEngine } from './circuit-breaker.contract.ts';
import {
  CallAbortedOnOpenError,
  CallNotPermittedError,
  ResultRecordedAsFailureError,
} from './circuit-breaker.errors.ts';
import type { CircuitBreakerEvents } from './circuit-breaker.events.ts';
import type { CircuitBreakerMetrics } from './circuit-breaker.metrics.ts';
import {
  type CallOutcome,
  type CircuitBreakerConfig,
  type CircuitBreakerOptions,
  circuitBreakerOptions,
  isTransitionCheckResult,
  judgeOutcome,
  outcomeField,
} from './circuit-breaker.options.ts';
import { AbortableCalls, SlowCalls, type WatchedCall } from './in-flight-calls.ts';
import { StateMachine } from './circuit-breaker.state-machine.ts';
import type { State } from './circuit-breaker.states.ts';
import type { StateName } from './circuit-breaker.transitions.ts';
import type { WindowContents } from './sliding-window.ts';

/** Where a circuit breaker takes time and random numbers from. */
export interface CircuitBreakerEnvironment {
  /** Real time by default. */
  readonly clock?: Clock;
  /** `Math.random` by default. */
  readonly random?: Random;
}

/** A call that the circuit breaker has permitted. */
interface StartedCall {
  readonly startedAt: number;
  readonly context: CallContext;
  /** The state that permitted the call. */
  readonly issuer: State;
  /** `undefined` for a call that is not watched while it is in flight. */
  readonly watched: WatchedCall | undefined;
  readonly usedEndpoints: UsedEndpoints;
  /** How many endpoints the call had used before the circuit breaker permitted this attempt. */
  readonly usedBefore: number;
}

/** A call that has ended. */
interface EndedCall {
  /** `undefined` for the low-level methods, whose permissions are anonymous. */
  readonly started: StartedCall | undefined;
  readonly outcome: CallOutcome;
  readonly endedAt: number;
  readonly elapsedDurationMs: number;
}

/**
 * Stops calling a dependency that fails or is slow, and tries it again with a few trial calls.
 *
 * The semantics are Resilience4j's. The low-level methods (`tryAcquirePermission`, `onSuccess`, `onError`, `onResult`,
 * `releasePermission`) are anonymous: a result is recorded by the current state. `execute` and `decorate` are stricter:
 * only the state that permitted a call records its result. A result that arrives later is emitted as an event and has no
 * other effect.
 *
 * @example
 * const customer = new CircuitBreaker('customer', { slidingWindowSize: 10, slowCallDurationThreshold: '1s' });
 * const response = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class CircuitBreaker
  extends BasePolicy<CircuitBreakerEvents, 'circuitBreakerName'>
  implements AnyCircuitBreaker
{
  readonly #clock: Clock;
  readonly #machine: StateMachine;
  /** Created by the first call with `abortCallsOnOpen`. */
  #abortableCalls: AbortableCalls | undefined;
  /** Created by the first call with `slowCallsInFlightEnabled`. */
  #slowCalls: SlowCalls | undefined;
  readonly #userFunctions: UserFunctions;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options Resilience4j's, each with its default
   * @param environment sources of time and random numbers
   * @throws InvalidOptionsError listing every fault; also for an engine, which only a registry can choose
   */
  constructor(name: string, options: CircuitBreakerOptions = {}, environment: CircuitBreakerEnvironment = {}) {
    const config = resolveConfig(name, options);
    const { clock = systemClock, random = Math.random } = environment;
    super('circuitBreakerName', name, clock, config.eventConsumerBufferSize);
    this.#clock = clock;
    this.#userFunctions = new UserFunctions(`CircuitBreaker '${name}'`);
    this.#machine = new StateMachine(config, {
      name,
      clock,
      random,
      userFunctions: this.#userFunctions,
      emit: (type, details, creationTime) => this.emit(type, details, creationTime),
      onOpen: () => this.#release(),
    });
  }

  /** The resolved options, including changes by `reconfigure`. */
  get config(): CircuitBreakerConfig {
    return this.#machine.config;
  }

  get state(): StateName {
    return this.#machine.state.name;
  }

  /** The current window and its rates. */
  get metrics(): CircuitBreakerMetrics {
    return this.#machine.state.metrics.snapshot();
  }

  /** A copy of the current window, by call or by second, for display. */
  get window(): WindowContents {
    return this.#machine.state.metrics.contents();
  }

  /** The percentage of calls that are permitted; 0 where at most the trial calls of HALF_OPEN are. */
  get admissionPercentage(): number {
    return this.#machine.state.admissionPercentage;
  }

  /** Milliseconds until the clock ends the current state; `undefined` when no clock does. */
  get remainingMs(): number | undefined {
    return this.#machine.state.remainingMs();
  }

  /**
   * Runs `call` if the circuit breaker permits it, and records how it ends.
   *
   * A call that fails after its caller has aborted, or after its caller's deadline, is no evidence against the
   * dependency: the permission is returned. If it lasted longer than `slowCallDurationThreshold`, it counts as slow. If
   * the caller has already aborted, the call is not made.
   *
   * A call that failed or was slow at an endpoint which its endpoint pool has ejected or removed by then is not recorded
   * either: the pool has acted, and the calls at the other endpoints show whether the dependency works. At an ejected one
   * it is recorded while the pool would eject all the others, too, but may not.
   *
   * @throws CallNotPermittedError when the call is refused; otherwise what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const rejection = rejectionIfAborted(context);
    if (rejection !== undefined) return rejection;
    if (!this.#machine.tryAcquirePermission()) return Promise.reject(CallNotPermittedError.by(this));
    const issuer = this.#machine.state;
    const startedAt = this.#clock.now();
    const usedEndpoints = UsedEndpoints.ofAttempt(context?.usedEndpoints);
    const usedBefore = usedEndpoints.count;
    const watched = this.config.slowCallsInFlightEnabled
      ? this.#watch(issuer, startedAt, () => usedEndpoints.areOutOfServiceSince(usedBefore))
      : undefined;
    const given = withUsedEndpoints(context, usedEndpoints);
    const started: StartedCall = { startedAt, context: given, issuer, watched, usedEndpoints, usedBefore };
    const running = this.config.abortCallsOnOpen
      ? (this.#abortableCalls ??= new AbortableCalls()).run(call, given)
      : invokeCall(call, given);
    this.usage.start();
    return running.then(
      (result) => {
        this.#end(started, { result });
        return result;
      },
      (error: unknown) => {
        this.#end(started, { error });
        return running;
      },
    );
  }

  /** Requests a permission. End it with `onSuccess`, `onError`, `onResult` or `releasePermission`. */
  tryAcquirePermission(): boolean {
    this.usage.touch();
    return this.#machine.tryAcquirePermission();
  }

  /** @throws CallNotPermittedError when the permission is refused */
  acquirePermission(): void {
    if (!this.tryAcquirePermission()) throw CallNotPermittedError.by(this);
  }

  /** Returns the permission of a call that has no result. */
  releasePermission(): void {
    this.#machine.state.releasePermission();
  }

  /**
   * @param durationMs the duration of the call in milliseconds
   * @throws RangeError when it is not a finite number
   */
  onSuccess(durationMs: number): void {
    checkFinite('durationMs', durationMs);
    this.#recordCall(false, this.#anonymousEnd({ result: undefined }, durationMs));
  }

  /**
   * @param durationMs the duration of the call in milliseconds
   * @throws RangeError when it is not a finite number
   */
  onError(durationMs: number, error: unknown): void {
    checkFinite('durationMs', durationMs);
    this.#settle(this.#anonymousEnd({ error }, durationMs));
  }

  /**
   * @param durationMs the duration of the call in milliseconds
   * @throws RangeError when it is not a finite number
   */
  onResult(durationMs: number, result: unknown): void {
    checkFinite('durationMs', durationMs);
    this.#settle(this.#anonymousEnd({ result }, durationMs));
  }

  /** To a new CLOSED. */
  transitionToClosedState(): void {
    this.#machine.transitionTo('CLOSED');
  }

  /** @throws IllegalStateTransitionError from METRICS_ONLY */
  transitionToOpenState(): void {
    this.#machine.transitionTo('OPEN');
  }

  /**
   * To OPEN for `waitDuration`; not counted as an attempt.
   *
   * @throws RangeError when it is not a duration of at least 0 ms
   * @throws IllegalStateTransitionError from METRICS_ONLY
   */
  transitionToOpenStateFor(waitDuration: Duration): void {
    const waitMs = durationArgument('waitDuration', waitDuration);
    this.#machine.openUntil(this.#clock.now() + waitMs);
  }

  /**
   * To OPEN until `time`, in milliseconds since the Unix epoch; not counted as an attempt.
   *
   * @throws RangeError when it is not a finite number
   * @throws IllegalStateTransitionError from METRICS_ONLY
   */
  transitionToOpenStateUntil(time: number): void {
    checkFinite('time', time);
    this.#machine.openUntil(time);
  }

  /** @throws IllegalStateTransitionError from CLOSED and METRICS_ONLY */
  transitionToHalfOpenState(): void {
    this.#machine.transitionTo('HALF_OPEN');
  }

  transitionToForcedOpenState(): void {
    this.#machine.transitionTo('FORCED_OPEN');
  }

  transitionToDisabledState(): void {
    this.#machine.transitionTo('DISABLED');
  }

  transitionToMetricsOnlyState(): void {
    this.#machine.transitionTo('METRICS_ONLY');
  }

  /** To a new CLOSED from any state; pending timers are cancelled. */
  reset(): void {
    if (this.#machine.isDisposed) return;
    this.#machine.transitionTo('CLOSED');
    this.emit('RESET', {});
  }

  /**
   * Replaces all options. The state stays: OPEN keeps its current wait, and HALF_OPEN restarts its trial if that changes.
   * A window of another type or size starts empty; otherwise its calls are judged by the new thresholds at the next call.
   * In-flight calls are judged by the new options. `initialState` has no effect.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: CircuitBreakerOptions): void {
    const config = resolveConfig(this.name, options);
    this.changeBufferSize(config.eventConsumerBufferSize);
    this.#machine.reconfigure(config);
    this.#slowCalls?.reconfigure(config);
  }

  /**
   * Ends all timers and probes. The state stays, and nothing changes it any more: later calls, also those in flight, are
   * made without protection and without events. Only FORCED_OPEN still refuses them.
   */
  dispose(): void {
    this.#machine.dispose();
    this.#slowCalls?.clear();
  }

  /** Records the call as slow as soon as it is. */
  #watch(issuer: State, startedAt: number, isPassedOver: () => boolean): WatchedCall | undefined {
    this.#slowCalls ??= new SlowCalls(this.#clock, this.config, (call) => {
      if (call.issuer === this.#machine.state && !call.isPassedOver()) call.markFailed = call.issuer.recordSlow();
    });
    return this.#slowCalls.add(issuer, startedAt, isPassedOver);
  }

  #anonymousEnd(outcome: CallOutcome, elapsedDurationMs: number): EndedCall {
    this.usage.touch();
    return { started: undefined, outcome, endedAt: this.#clock.now(), elapsedDurationMs };
  }

  #end(started: StartedCall, outcome: CallOutcome): void {
    this.usage.end();
    if (started.watched !== undefined) this.#slowCalls?.delete(started.watched);
    const endedAt = this.#clock.now();
    this.#settle({ started, outcome, endedAt, elapsedDurationMs: endedAt - started.startedAt });
  }

  #settle(ended: EndedCall): void {
    const { outcome, elapsedDurationMs, started } = ended;
    const verdict = judgeOutcome(
      this.config,
      { outcome, elapsedDurationMs, context: started?.context },
      this.#userFunctions,
    );
    const isSlow = elapsedDurationMs > this.config.slowCallDurationThreshold;
    if ((verdict === 'failure' || isSlow) && isOfEndpointsOutOfService(started)) {
      if (verdict === 'success') return this.#passOver(ended);
      return this.#ignoreCall(ended);
    }
    switch (verdict) {
      case 'ignored':
        return this.#ignoreCall(ended);
      case 'slow':
        return this.#recordSlowCall(ended);
      case 'failure':
      case 'success':
        this.#recordCall(verdict === 'failure', ended);
    }
  }

  #ignoreCall(ended: EndedCall): void {
    this.#returnPermission(ended);
    this.#machine.emit('IGNORED_ERROR', () => this.#errorDetailsOf(ended), ended.endedAt);
  }

  /** A slow success that is not recorded. */
  #passOver(ended: EndedCall): void {
    this.#returnPermission(ended);
    this.#machine.emit('SUCCESS', () => this.#detailsOf(ended), ended.endedAt);
  }

  /** A call that was recorded while it was in flight has used up its permission. */
  #returnPermission(ended: EndedCall): void {
    if (ended.started?.watched?.markFailed === undefined) this.#recorderOf(ended)?.releasePermission();
  }

  /** Its error is no evidence, so that `transitionOnResult` does not receive it. */
  #recordSlowCall(ended: EndedCall): void {
    this.#machine.emit('SUCCESS', () => this.#detailsOf(ended), ended.endedAt);
    const recorder = this.#recorderOf(ended);
    if (recorder !== undefined) this.#record(recorder, false, ended);
  }

  #recordCall(isFailed: boolean, ended: EndedCall): void {
    if (isFailed) this.#machine.emit('ERROR', () => this.#errorDetailsOf(ended), ended.endedAt);
    else this.#machine.emit('SUCCESS', () => this.#detailsOf(ended), ended.endedAt);
    const recorder = this.#recorderOf(ended);
    if (recorder === undefined) return;
    this.#record(recorder, isFailed, ended);
    this.#applyTransitionOnResult(ended.outcome);
  }

  /** Once: a call that was recorded while it was in flight can only become a failure. */
  #record(recorder: State, isFailed: boolean, { elapsedDurationMs, started }: EndedCall): void {
    const markFailed = started?.watched?.markFailed;
    if (markFailed === undefined) recorder.record(isFailed, elapsedDurationMs);
    else if (isFailed) markFailed();
  }

  /** The state that records the call; `undefined` when the state that permitted it has been left. */
  #recorderOf({ started }: EndedCall): State | undefined {
    const { state } = this.#machine;
    return started === undefined || started.issuer === state ? state : undefined;
  }

  #detailsOf({ elapsedDurationMs, outcome }: EndedCall) {
    return { elapsedDurationMs, ...outcomeField(this.config, outcome) };
  }

  #errorDetailsOf(ended: EndedCall) {
    const { outcome } = ended;
    const error = 'error' in outcome ? outcome.error : new ResultRecordedAsFailureError(this.name, outcome.result);
    return { ...this.#detailsOf(ended), error };
  }

  #applyTransitionOnResult(outcome: CallOutcome): void {
    const { transitionOnResult } = this.config;
    if (transitionOnResult === undefined) return;
    const allowed = "'NO_TRANSITION' or { toState: 'OPEN' } with a valid wait";
    const decision = this.#userFunctions.call(
      'transitionOnResult',
      transitionOnResult,
      [outcome],
      isTransitionCheckResult,
      allowed,
      'NO_TRANSITION' as const,
    );
    if (decision === 'NO_TRANSITION' || !(this.state === 'CLOSED' || this.state === 'HALF_OPEN')) return;
    if (decision.waitUntil !== undefined) this.transitionToOpenStateUntil(decision.waitUntil);
    else if (decision.waitDuration !== undefined) this.transitionToOpenStateFor(decision.waitDuration);
    else this.transitionToOpenState();
  }

  /** In-flight calls are unlikely to succeed, and their connections are unusable. */
  #release(): void {
    if (this.config.abortCallsOnOpen) this.#abortableCalls?.abort(new CallAbortedOnOpenError(this.name));
    runInBackground(() => void this.#releaseConnections());
  }

  async #releaseConnections(): Promise<void> {
    try {
      await this.config.releaseOnOpen?.();
    } catch (error) {
      const message = `releaseOnOpen of CircuitBreaker '${this.name}' failed. The circuit breaker is open anyway.`;
      warn('ResilienceReleaseWarning', message, error);
    }
  }
}

/** Whether the endpoint pool inside has taken all endpoints of the attempt out of service. */
function isOfEndpointsOutOfService(started: StartedCall | undefined): boolean {
  return started?.usedEndpoints.areOutOfServiceSince(started.usedBefore) === true;
}

function resolveConfig(name: string, options: CircuitBreakerOptions): CircuitBreakerConfig {
  const subject = `CircuitBreaker '${name}'`;
  chosenEngine(subject, options, {});
  return circuitBreakerOptions.resolve(subject, options);
}
