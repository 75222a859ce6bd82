import OpossumBreaker from 'opossum';
import type { AnyCircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import {
  CallNotPermittedError,
  IllegalStateTransitionError,
  ResultRecordedAsFailureError,
  UnsupportedByEngineError,
} from '../../core/circuit-breaker/circuit-breaker.errors.ts';
import type { CircuitBreakerEvents } from '../../core/circuit-breaker/circuit-breaker.events.ts';
import type { CircuitBreakerMetrics } from '../../core/circuit-breaker/circuit-breaker.metrics.ts';
import {
  type CircuitBreakerConfig,
  type CircuitBreakerOptions,
  type ErrorVerdict,
  judgeError,
} from '../../core/circuit-breaker/circuit-breaker.options.ts';
import { legalTransitions, type StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import { EventPublisher } from '../../core/events.ts';
import {
  type AbortSource,
  abortSourceOf,
  type CallContext,
  decorateCall,
  isCallerAbort,
  type ProtectedCall,
  toCallContext,
} from '../../core/policy.ts';
import { type OpossumState, resolveOpossumOptions, toOpossumOptions } from './opossum.options.ts';

/** What a call came to. */
type Ending<T> = { readonly value: T } | { readonly error: unknown };

/** What became of a call that opossum was asked to make. */
interface Fate<T> {
  isAdmitted: boolean;
  ending?: Ending<T>;
}

/** Tells opossum that a call counts as a failure. What the call really came to is not opossum's business. */
const failure = new Error('The call counts as a failure.');

const waitIsFixed = 'its wait in OPEN is always waitDurationInOpenState';
const makesTheCall = 'it makes the call itself; use execute or decorate';

/**
 * A circuit breaker that runs on the package opossum, behind the same contract as the one on the sliding window. Where it
 * behaves differently, and why, is listed in `docs/opossum.md`.
 *
 * When a result counts as a failure, and whether the rate has been reached, is for opossum to say; what its failures are,
 * is said by the options, as everywhere. Time is real: opossum takes it from `Date.now` and `setTimeout`, and no clock can be
 * put in their place.
 */
export class OpossumCircuitBreaker
  extends EventPublisher<CircuitBreakerEvents, 'circuitBreakerName'>
  implements AnyCircuitBreaker
{
  readonly name: string;
  #config: CircuitBreakerConfig;
  #opossum: Opossum;
  /** The state that was last told about. */
  #toldState: OpossumState;
  #openedAt = 0;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options those of any circuit breaker, as far as opossum can honour them
   * @throws InvalidOptionsError listing every fault, and by name every option that opossum cannot honour
   */
  constructor(name: string, options: CircuitBreakerOptions = {}) {
    const config = resolveOpossumOptions(`CircuitBreaker '${name}'`, options);
    super({ circuitBreakerName: name }, Date, config.eventConsumerBufferSize);
    this.name = name;
    this.#config = config;
    this.#toldState = config.initialState as OpossumState;
    this.#opossum = this.#begin(this.#toldState);
  }

  /** As given, and changed since by `reconfigure`. */
  get config(): CircuitBreakerConfig {
    return this.#config;
  }

  get state(): OpossumState {
    if (!this.#opossum.enabled) return 'DISABLED';
    if (this.#opossum.opened) return 'OPEN';
    return this.#opossum.halfOpen ? 'HALF_OPEN' : 'CLOSED';
  }

  /** opossum's window as of now. Its failure rate is the one that opossum judges by: failures by calls begun. */
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

  /** The share of calls that are let through, in percent; 0 while none is but the one on trial in HALF_OPEN. */
  get admissionPercentage(): number {
    return this.state === 'CLOSED' || this.state === 'DISABLED' ? 100 : 0;
  }

  /** How long until the timer ends OPEN, in milliseconds; `undefined` in other states. */
  get remainingMs(): number | undefined {
    if (this.state !== 'OPEN') return undefined;
    return Math.max(0, this.#openedAt + (this.config.waitDurationInOpenState ?? 0) - Date.now());
  }

  /**
   * Runs `call` if opossum permits it. After `dispose` calls pass unprotected.
   *
   * @throws CallNotPermittedError when it is refused; otherwise what `call` threw
   */
  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const fate: Fate<T> = { isAdmitted: false };
    if (this.#opossum.isShutdown) return call(toCallContext(context));
    // opossum fails over a call that does not return a promise, so it is only ever given one that does.
    const fired = this.#opossum.fire(async () => {
      fate.isAdmitted = true;
      const startedAt = Date.now();
      const ending = await endOf(call, toCallContext(context));
      const verdict = this.#settle(fate, ending, Date.now() - startedAt, abortSourceOf(context));
      if (verdict === 'failure') throw failure;
    });
    // Asked at once: by the time the promise is rejected the state may be another.
    const refusal = fate.isAdmitted ? undefined : this.#refusal();
    await fired.catch(() => {});
    if (fate.ending === undefined) throw refusal;
    if ('error' in fate.ending) throw fate.ending.error;
    return fate.ending.value;
  }

  /** The same function under this circuit breaker; `this` and the arguments are handed on. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  /** @throws UnsupportedByEngineError always */
  tryAcquirePermission(): never {
    throw this.#unsupported('tryAcquirePermission', makesTheCall);
  }

  /** @throws UnsupportedByEngineError always */
  acquirePermission(): never {
    throw this.#unsupported('acquirePermission', makesTheCall);
  }

  /** @throws UnsupportedByEngineError always */
  releasePermission(): never {
    throw this.#unsupported('releasePermission', makesTheCall);
  }

  /** @throws UnsupportedByEngineError always */
  onSuccess(_durationMs: number): never {
    throw this.#unsupported('onSuccess', makesTheCall);
  }

  /** @throws UnsupportedByEngineError always */
  onError(_durationMs: number, _error: unknown): never {
    throw this.#unsupported('onError', makesTheCall);
  }

  /** @throws UnsupportedByEngineError always */
  onResult(_durationMs: number, _result: unknown): never {
    throw this.#unsupported('onResult', makesTheCall);
  }

  /** To a fresh CLOSED. */
  transitionToClosedState(): void {
    this.#moveTo('CLOSED');
  }

  transitionToOpenState(): void {
    this.#moveTo('OPEN');
  }

  /** @throws IllegalStateTransitionError from CLOSED */
  transitionToHalfOpenState(): void {
    this.#moveTo('HALF_OPEN');
  }

  transitionToDisabledState(): void {
    this.#moveTo('DISABLED');
  }

  /** @throws UnsupportedByEngineError always */
  transitionToOpenStateFor(_waitDuration: unknown): never {
    throw this.#unsupported('transitionToOpenStateFor', waitIsFixed);
  }

  /** @throws UnsupportedByEngineError always */
  transitionToOpenStateUntil(_time: number): never {
    throw this.#unsupported('transitionToOpenStateUntil', waitIsFixed);
  }

  /** @throws UnsupportedByEngineError always */
  transitionToForcedOpenState(): never {
    const reason = 'its timer ends every OPEN; use transitionToOpenState to refuse calls for a while';
    throw this.#unsupported('transitionToForcedOpenState', reason);
  }

  /** @throws UnsupportedByEngineError always */
  transitionToMetricsOnlyState(): never {
    throw this.#unsupported('transitionToMetricsOnlyState', 'it has no state that counts calls and never opens');
  }

  /** To a fresh CLOSED from any state. */
  reset(): void {
    this.#moveTo('CLOSED');
    this.emit('RESET', {});
  }

  /**
   * Goes on with other options, all of them given anew: with a new opossum in the same state, whose window is empty and
   * whose wait begins now.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: CircuitBreakerOptions): void {
    this.#config = resolveOpossumOptions(`CircuitBreaker '${this.name}'`, options);
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
    this.#replaceBy(this.state);
  }

  /** Ends opossum and its timers. Calls that still come pass unprotected, and nothing is told about them. */
  dispose(): void {
    this.#opossum.shutdown();
  }

  /** opossum keeps its window when its state is changed, so a move by hand begins with a new one, as it does elsewhere. */
  #moveTo(state: OpossumState): void {
    const from = this.state;
    if (!legalTransitions[from].includes(state)) throw new IllegalStateTransitionError(this.name, from, state);
    this.#replaceBy(state);
    this.#tellTransition();
  }

  #replaceBy(state: OpossumState): void {
    this.#opossum.shutdown();
    this.#opossum = this.#begin(state);
  }

  #begin(state: OpossumState): Opossum {
    const opossum: Opossum = new OpossumBreaker(
      (run: () => Promise<void>) => run(),
      toOpossumOptions(this.name, this.config, state),
    );
    this.#openedAt = Date.now();
    opossum.on('reject', () => this.emit('NOT_PERMITTED', {}));
    opossum.on('halfOpen', () => this.#tellTransition());
    opossum.on('close', () => this.#tellTransition());
    opossum.on('open', () => {
      this.#openedAt = Date.now();
      const { failureRate } = this.metrics;
      if (this.#toldState === 'CLOSED') this.emit('FAILURE_RATE_EXCEEDED', { failureRate });
      this.#tellTransition();
    });
    return opossum;
  }

  #tellTransition(): void {
    const fromState = this.#toldState;
    const toState = this.state;
    this.#toldState = toState;
    if (fromState !== toState) this.emit('STATE_TRANSITION', { fromState, toState });
  }

  /** Judges a call, tells about it, and writes down what its caller gets: also the error of a predicate that throws. */
  #settle<T>(fate: Fate<T>, ending: Ending<T>, elapsedMs: number, abort: AbortSource | undefined): ErrorVerdict {
    try {
      const verdict = this.#judge(ending, abort);
      fate.ending = ending;
      this.#tellEnding(verdict, ending, elapsedMs);
      return verdict;
    } catch (error) {
      fate.ending = { error };
      return 'ignored';
    }
  }

  #judge(ending: Ending<unknown>, abort: AbortSource | undefined): ErrorVerdict {
    if ('value' in ending) return this.config.recordResult?.(ending.value) === true ? 'failure' : 'success';
    return isCallerAbort(ending.error, abort) ? 'ignored' : judgeError(this.config, ending.error);
  }

  #tellEnding(verdict: ErrorVerdict, ending: Ending<unknown>, elapsedDurationMs: number): void {
    if (this.state === 'DISABLED') return;
    if (verdict === 'success') {
      this.emit('SUCCESS', { elapsedDurationMs });
      return;
    }
    const type = verdict === 'failure' ? 'ERROR' : 'IGNORED_ERROR';
    const error = 'error' in ending ? ending.error : new ResultRecordedAsFailureError(this.name, ending.value);
    this.emit(type, { elapsedDurationMs, error });
  }

  #refusal(): CallNotPermittedError {
    const args = [this.name, this.state as StateName, this.remainingMs] as const;
    return this.config.writableStackTraceEnabled
      ? new CallNotPermittedError(...args)
      : CallNotPermittedError.withoutStackTrace(...args);
  }

  #unsupported(operation: string, reason: string): UnsupportedByEngineError {
    return new UnsupportedByEngineError(this.name, 'opossum', operation, reason);
  }
}

type Opossum = OpossumBreaker<[run: () => Promise<void>], void>;

async function endOf<T>(call: ProtectedCall<T>, context: CallContext): Promise<Ending<T>> {
  try {
    return { value: await call(context) };
  } catch (error) {
    return { error };
  }
}
