import { BasePolicy } from '../../core/base-policy.ts';
import OpossumBreaker from 'opossum';
import { runInBackground } from '../../core/clock.ts';
import type { AnyCircuitBreaker, CircuitBreakerEngine } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import {
  CallNotPermittedError,
  IllegalStateTransitionError,
  ResultRecordedAsFailureError,
  UnsupportedByEngineError,
} from '../../core/circuit-breaker/circuit-breaker.errors.ts';
import type { CircuitBreakerEvents } from '../../core/circuit-breaker/circuit-breaker.events.ts';
import type { CircuitBreakerMetrics } from '../../core/circuit-breaker/circuit-breaker.metrics.ts';
import {
  type CallOutcome,
  type CircuitBreakerConfig,
  type CircuitBreakerOptions,
  type CallVerdict,
  type JudgedCall,
  judgeOutcome,
  outcomeField,
} from '../../core/circuit-breaker/circuit-breaker.options.ts';
import { legalTransitions } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import { type CallContext, type ProtectedCall, rejectionIfAborted, toCallContext } from '../../core/policy.ts';
import { UserFunctions } from '../../core/user-function.ts';
import { type OpossumState, resolveOpossumOptions, toOpossumOptions } from './opossum.options.ts';

/** A call that was passed to opossum. */
interface FiredCall {
  isPermitted: boolean;
  /** Set when the call has ended: what the caller receives. */
  outcome?: CallOutcome;
}

/** Reports to opossum that a call counts as a failure. The caller receives the outcome of the call instead. */
const recordedFailure = new Error('The call counts as a failure.');

const hasFixedWait = 'its wait in OPEN is always waitDurationInOpenState';
const makesTheCall = 'it makes the call itself; use execute or decorate';
const endsEveryOpen = 'its timer ends every OPEN; use transitionToOpenState to refuse calls for a while';
const hasNoMetricsOnlyState = 'it has no state that counts calls and never opens';

/**
 * A circuit breaker that runs on the package opossum, with the same contract as the one on the sliding window.
 * `docs/opossum.md` lists the differences.
 *
 * opossum decides when to open. The options decide which results are failures, as for any circuit breaker. opossum uses
 * `Date.now` and `setTimeout`; no clock can be injected.
 */
export class OpossumCircuitBreaker
  extends BasePolicy<CircuitBreakerEvents, 'circuitBreakerName'>
  implements AnyCircuitBreaker
{
  // What opossum does not support: these throw an UnsupportedByEngineError.
  readonly tryAcquirePermission = (): never => this.#rejectOperation('tryAcquirePermission', makesTheCall);
  readonly acquirePermission = (): never => this.#rejectOperation('acquirePermission', makesTheCall);
  readonly releasePermission = (): never => this.#rejectOperation('releasePermission', makesTheCall);
  readonly onSuccess = (): never => this.#rejectOperation('onSuccess', makesTheCall);
  readonly onError = (): never => this.#rejectOperation('onError', makesTheCall);
  readonly onResult = (): never => this.#rejectOperation('onResult', makesTheCall);
  readonly transitionToOpenStateFor = (): never => this.#rejectOperation('transitionToOpenStateFor', hasFixedWait);
  readonly transitionToOpenStateUntil = (): never => this.#rejectOperation('transitionToOpenStateUntil', hasFixedWait);
  readonly transitionToForcedOpenState = (): never =>
    this.#rejectOperation('transitionToForcedOpenState', endsEveryOpen);
  readonly transitionToMetricsOnlyState = (): never =>
    this.#rejectOperation('transitionToMetricsOnlyState', hasNoMetricsOnlyState);

  #config: CircuitBreakerConfig;
  #opossum: Opossum;
  /** The target of the last STATE_TRANSITION event. */
  #emittedState: OpossumState;
  #openedAt = 0;
  #isDisposed = false;
  readonly #userFunctions: UserFunctions;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options those of any circuit breaker that opossum supports
   * @throws InvalidOptionsError listing every fault, including each option that opossum does not support
   */
  constructor(name: string, options: CircuitBreakerOptions = {}) {
    const config = resolveOpossumOptions(`CircuitBreaker '${name}'`, options);
    super('circuitBreakerName', name, Date, config.eventConsumerBufferSize);
    this.#config = config;
    this.#userFunctions = new UserFunctions(`CircuitBreaker '${name}'`);
    this.#emittedState = config.initialState as OpossumState;
    this.#opossum = this.#createOpossum(this.#emittedState);
  }

  /** The resolved options, including changes by `reconfigure`. */
  get config(): CircuitBreakerConfig {
    return this.#config;
  }

  get state(): OpossumState {
    if (!this.#opossum.enabled) return 'DISABLED';
    if (this.#opossum.opened) return 'OPEN';
    return this.#opossum.halfOpen ? 'HALF_OPEN' : 'CLOSED';
  }

  /** opossum's current window. The failure rate is the one that opossum uses: failures divided by calls started. */
  get metrics(): CircuitBreakerMetrics {
    const { fires, failures, successes, rejects } = this.#opossum.stats;
    const hasRate = failures + successes > 0 && fires >= this.config.minimumNumberOfCalls;
    const failureRate = hasRate ? (failures / fires) * 100 : -1;
    return {
      failureRate,
      slowCallRate: -1,
      combinedRate: failureRate,
      bufferedCalls: failures + successes,
      failedCalls: failures,
      successfulCalls: successes,
      slowCalls: 0,
      slowFailedCalls: 0,
      slowSuccessfulCalls: 0,
      notPermittedCalls: rejects,
    };
  }

  /** The percentage of calls that are permitted; 0 where at most the trial call of HALF_OPEN is. */
  get admissionPercentage(): number {
    return this.state === 'CLOSED' || this.state === 'DISABLED' ? 100 : 0;
  }

  /** Milliseconds until the timer ends OPEN; `undefined` in other states. */
  get remainingMs(): number | undefined {
    if (this.state !== 'OPEN') return undefined;
    return Math.max(0, this.#openedAt + (this.config.waitDurationInOpenState ?? 0) - Date.now());
  }

  /**
   * Runs `call` if opossum permits it. After `dispose` calls are made without protection.
   *
   * @throws CallNotPermittedError when the call is refused; otherwise what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    return rejectionIfAborted(context) ?? this.#fire(call, context);
  }

  /** To a new CLOSED. */
  transitionToClosedState(): void {
    this.#transitionTo('CLOSED');
  }

  transitionToOpenState(): void {
    this.#transitionTo('OPEN');
  }

  /** @throws IllegalStateTransitionError from CLOSED */
  transitionToHalfOpenState(): void {
    this.#transitionTo('HALF_OPEN');
  }

  transitionToDisabledState(): void {
    this.#transitionTo('DISABLED');
  }

  /** To a new CLOSED from any state. */
  reset(): void {
    if (this.#isDisposed) return;
    this.#transitionTo('CLOSED');
    this.emit('RESET', {});
  }

  /**
   * Replaces all options, with a new opossum in the same state: its window is empty, and its wait starts now.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: CircuitBreakerOptions): void {
    this.#config = resolveOpossumOptions(`CircuitBreaker '${this.name}'`, options);
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
    this.#replaceOpossum(this.state);
  }

  /**
   * Ends opossum's timers for good. The state is then DISABLED, and nothing changes it any more: later calls, also those in
   * flight, are made without protection and without events.
   */
  dispose(): void {
    this.#isDisposed = true;
    this.#opossum.shutdown();
  }

  async #fire<T>(call: ProtectedCall<T>, context: Partial<CallContext> | undefined): Promise<T> {
    if (this.#isDisposed) return call(toCallContext(context));
    const fired: FiredCall = { isPermitted: false };
    // opossum fails a call that does not return a promise, so this one always does.
    const settled = this.#opossum.fire(async () => {
      fired.isPermitted = true;
      const startedAt = Date.now();
      const outcome = await outcomeOf(call, toCallContext(context));
      fired.outcome = outcome;
      const isFailed = this.#settle({ outcome, elapsedDurationMs: Date.now() - startedAt, context });
      if (isFailed) throw recordedFailure;
    });
    // Created now, because the state may be another one when the promise rejects.
    const refusal = fired.isPermitted ? undefined : CallNotPermittedError.by(this);
    await settled.catch(() => {});
    if (fired.outcome === undefined) throw refusal;
    if ('error' in fired.outcome) throw fired.outcome.error;
    return fired.outcome.result as T;
  }

  /** By a new opossum, because opossum keeps its window when its state is changed by hand. */
  #transitionTo(state: OpossumState): void {
    const from = this.state;
    if (this.#isDisposed) return;
    if (!legalTransitions[from].includes(state)) throw new IllegalStateTransitionError(this.name, from, state);
    this.#replaceOpossum(state);
    this.#emitTransition();
  }

  #replaceOpossum(state: OpossumState): void {
    if (this.#isDisposed) return;
    this.#opossum.shutdown();
    this.#opossum = this.#createOpossum(state);
  }

  #createOpossum(state: OpossumState): Opossum {
    const opossum: Opossum = runInBackground(
      () => new OpossumBreaker((run: () => Promise<void>) => run(), toOpossumOptions(this.name, this.config, state)),
    );
    startTimersInBackground(opossum);
    this.#openedAt = Date.now();
    opossum.on('reject', () => this.emit('NOT_PERMITTED', {}));
    opossum.on('halfOpen', () => this.#emitTransition());
    opossum.on('close', () => this.#emitTransition());
    opossum.on('open', () => {
      this.#openedAt = Date.now();
      const { failureRate } = this.metrics;
      if (this.#emittedState === 'CLOSED') this.emit('FAILURE_RATE_EXCEEDED', { failureRate });
      this.#emitTransition();
    });
    return opossum;
  }

  #emitTransition(): void {
    const fromState = this.#emittedState;
    const toState = this.state;
    this.#emittedState = toState;
    if (fromState !== toState) this.emit('STATE_TRANSITION', { fromState, toState });
  }

  /** Judges a call and emits its event. @returns whether the call counts as a failure */
  #settle(call: JudgedCall): boolean {
    const verdict = judgeOutcome(this.config, call, this.#userFunctions);
    this.#emitCallEnd(verdict, call.outcome, call.elapsedDurationMs);
    return verdict === 'failure';
  }

  #emitCallEnd(verdict: CallVerdict, outcome: CallOutcome, elapsedDurationMs: number): void {
    if (this.state === 'DISABLED') return;
    const details = { elapsedDurationMs, ...outcomeField(this.config, outcome) };
    if (verdict === 'success') {
      this.emit('SUCCESS', details);
      return;
    }
    const error = 'error' in outcome ? outcome.error : new ResultRecordedAsFailureError(this.name, outcome.result);
    this.emit(verdict === 'failure' ? 'ERROR' : 'IGNORED_ERROR', { ...details, error });
  }

  #rejectOperation(operation: string, reason: string): never {
    throw new UnsupportedByEngineError(this.name, 'opossum', operation, reason);
  }
}

/**
 * Lets instances run on opossum by `engine: opossum`.
 *
 * @example
 * const registry = createRegistry('circuitBreaker',
 *   { instances: { customer: { engine: 'opossum', failureRateThreshold: 60 } } },
 *   { engines: { opossum: opossumEngine } },
 * );
 */
export const opossumEngine: CircuitBreakerEngine = {
  create: (name, options) => new OpossumCircuitBreaker(name, options),
  resolve: resolveOpossumOptions,
};

/** opossum's own listeners of `open` start the timer that ends OPEN, in the async context of the call that failed. */
function startTimersInBackground(opossum: Opossum): void {
  const own = opossum.listeners('open') as (() => void)[];
  opossum.removeAllListeners('open');
  for (const listener of own) opossum.on('open', () => runInBackground(() => listener.call(opossum)));
}

type Opossum = OpossumBreaker<[run: () => Promise<void>], void>;

async function outcomeOf<T>(call: ProtectedCall<T>, context: CallContext): Promise<CallOutcome> {
  try {
    return { result: await call(context) };
  } catch (error) {
    return { error };
  }
}
