import { type Cancel, type Clock, scheduleInBackground } from '../clock.ts';
import {
  type CallContext,
  callContext,
  invokeCall,
  LazyAbortController,
  type ProtectedCall,
  whenAborted,
} from '../policy.ts';
import type { CircuitBreakerConfig } from './circuit-breaker.options.ts';
import type { State } from './circuit-breaker.states.ts';

/** The calls in flight that a circuit breaker aborts when it opens. */
export class AbortableCalls {
  readonly #controllers = new Set<LazyAbortController>();

  /** Runs `call` with a context that both the caller and `abort` can abort. */
  run<T>(call: ProtectedCall<T>, context: CallContext): Promise<T> {
    const controller = new LazyAbortController();
    const stopListening = whenAborted(context, (reason) => controller.abort(reason));
    this.#controllers.add(controller);
    return invokeCall(call, callContext(controller, context.attempt, context)).finally(() => {
      this.#controllers.delete(controller);
      stopListening();
    });
  }

  abort(reason: Error): void {
    for (const controller of this.#controllers) controller.abort(reason);
  }
}

/** A call in flight that is recorded as slow when it passes the threshold. */
export interface WatchedCall {
  /** The state that permitted the call. */
  readonly issuer: State;
  readonly startedAt: number;
  /** Whether it is not recorded when it becomes slow, because its endpoint is out of service. */
  isPassedOver(): boolean;
  /** Records that the call has failed, too; set once the call is recorded as slow. */
  markFailed: (() => void) | undefined;
}

type WatchOptions = Pick<CircuitBreakerConfig, 'slowCallsInFlightEnabled' | 'slowCallDurationThreshold'>;

/**
 * Reports calls in flight that last longer than `slowCallDurationThreshold`. They form a queue by start time, so that one
 * timer, for the oldest, is enough. It stays when that call ends and then waits for the next one: calls that end in time
 * cost no timer each.
 */
export class SlowCalls {
  readonly #clock: Clock;
  readonly #onSlow: (call: WatchedCall) => void;
  #options: WatchOptions;
  /** Those that were not slow yet, oldest first. */
  readonly #calls = new Set<WatchedCall>();
  #cancelTimer: Cancel | undefined;

  /** @param onSlow called once for each call that passes the threshold */
  constructor(clock: Clock, options: WatchOptions, onSlow: (call: WatchedCall) => void) {
    this.#clock = clock;
    this.#options = options;
    this.#onSlow = onSlow;
  }

  /** @returns the call; `undefined` in a state that records no calls */
  add(issuer: State, startedAt: number, isPassedOver: () => boolean): WatchedCall | undefined {
    if (!issuer.isRecording) return undefined;
    const call: WatchedCall = { issuer, startedAt, isPassedOver, markFailed: undefined };
    this.#calls.add(call);
    this.#schedule();
    return call;
  }

  /** Forgets a call that has ended. */
  delete(call: WatchedCall): void {
    this.#calls.delete(call);
  }

  /** Another threshold also applies to the calls in flight. */
  reconfigure(options: WatchOptions): void {
    this.#options = options;
    this.#stopTimer();
    if (options.slowCallsInFlightEnabled) this.#schedule();
  }

  /** Forgets all calls and ends the timer. */
  clear(): void {
    this.#calls.clear();
    this.#stopTimer();
  }

  #schedule(): void {
    if (this.#cancelTimer !== undefined) return;
    const oldest = this.#calls.values().next().value;
    if (oldest === undefined) return;
    const remainingMs = oldest.startedAt + this.#options.slowCallDurationThreshold - this.#clock.now();
    // A call that takes exactly as long as the threshold is not slow.
    this.#cancelTimer = scheduleInBackground(this.#clock, Math.max(0, remainingMs) + 1, () => this.#report());
  }

  #report(): void {
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    for (const call of this.#calls) {
      if (now - call.startedAt <= this.#options.slowCallDurationThreshold) break;
      this.#calls.delete(call);
      this.#onSlow(call);
    }
    this.#schedule();
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
