import { UsedEndpoints } from '../call-endpoints.ts';
import type { Cancel, Clock } from '../clock.ts';
import { type CallContext, type ProtectedCall, toCallContext } from '../policy.ts';
import { withResolvers } from '../with-resolvers.ts';

/** The parts of a hedge that its calls use. */
export interface HedgedCallOwner {
  readonly clock: Clock;
  readonly maxAttempts: number;
  /** The wait before each further attempt in milliseconds; `undefined` when no further attempt is made. */
  readonly delayMs: number | undefined;
  /** Whether a further attempt may be made. Called before each one; it may withdraw from a retry budget. */
  mayHedge(): boolean;
  /** Creates the reason with which the other attempts are aborted after one succeeded. */
  makeAbortReason(): unknown;
  onHedge(attempt: number): void;
  /**
   * @param firstLatencyMs the duration of the first attempt, so far if it is still in flight; `undefined` if it failed
   */
  onSuccess(attempt: number, numberOfAttempts: number, elapsedMs: number, firstLatencyMs: number | undefined): void;
  onError(error: unknown, numberOfAttempts: number, elapsedMs: number): void;
}

/** The attempts of one call. Results and errors of attempts after the call has settled are ignored. */
export class HedgedCall<T> {
  readonly #owner: HedgedCallOwner;
  readonly #call: ProtectedCall<T>;
  readonly #context: Partial<CallContext>;
  readonly #usedEndpoints: UsedEndpoints;
  readonly #outcome = withResolvers<T>();
  readonly #startedAt: number;
  /** One for each attempt that was made, in order. */
  readonly #controllers: AbortController[] = [];
  #inFlight = 0;
  #firstFailure: { readonly error: unknown } | undefined;
  #hasFirstFailed = false;
  #isSettled = false;
  #cancelTimer: Cancel | undefined;

  constructor(owner: HedgedCallOwner, call: ProtectedCall<T>, context: Partial<CallContext> = {}) {
    this.#owner = owner;
    this.#call = call;
    this.#context = context;
    const { usedEndpoints } = context;
    this.#usedEndpoints = usedEndpoints?.areOfOneCall === true ? usedEndpoints : new UsedEndpoints(true);
    this.#startedAt = owner.clock.now();
  }

  run(): Promise<T> {
    this.#context.signal?.addEventListener('abort', this.#onCallerAbort);
    this.#startAttempt();
    this.#scheduleNext();
    return this.#outcome.promise;
  }

  #startAttempt(): void {
    const controller = new AbortController();
    const attempt = this.#controllers.push(controller);
    this.#inFlight++;
    this.#attempt(controller.signal)
      .then(
        (result) => this.#onResult(attempt, result),
        (error: unknown) => this.#onFailure(attempt, error),
      )
      // The functions of the promise itself: V8 follows them from an error in the call to the caller, but no others.
      .then(this.#outcome.resolve, this.#outcome.reject);
  }

  /**
   * The signal combines that of the attempt and that of the caller. After the call has settled, the body of a response
   * may still be read from a socket; the caller's signal can still abort that.
   */
  async #attempt(ownSignal: AbortSignal): Promise<T> {
    const { signal: callerSignal } = this.#context;
    const signal = callerSignal === undefined ? ownSignal : AbortSignal.any([callerSignal, ownSignal]);
    return this.#call(toCallContext({ ...this.#context, signal, usedEndpoints: this.#usedEndpoints }));
  }

  #scheduleNext(): void {
    const { clock, delayMs, maxAttempts } = this.#owner;
    this.#cancelTimer = undefined;
    // An attempt may abort its caller before it returns; then there is no further attempt.
    if (this.#isSettled || delayMs === undefined || this.#controllers.length >= maxAttempts) return;
    this.#cancelTimer = clock.schedule(delayMs, () => this.#hedge());
  }

  #hedge(): void {
    this.#cancelTimer = undefined;
    if (!this.#owner.mayHedge()) return;
    this.#owner.onHedge(this.#controllers.length + 1);
    // A listener of the event may have aborted the caller.
    if (this.#isSettled) return;
    this.#startAttempt();
    this.#scheduleNext();
  }

  /** @returns the result of the call; after the call has settled, it has no effect */
  #onResult(attempt: number, result: T): T {
    if (this.#isSettled) return result;
    this.#settle();
    if (this.#controllers.length > 1) this.#abortAllBut(attempt, this.#owner.makeAbortReason());
    const elapsedMs = this.#owner.clock.now() - this.#startedAt;
    this.#owner.onSuccess(attempt, this.#controllers.length, elapsedMs, this.#hasFirstFailed ? undefined : elapsedMs);
    return result;
  }

  /**
   * @returns a promise that never settles if another attempt decides
   * @throws the error of the call; after the call has settled, it has no effect
   */
  #onFailure(attempt: number, error: unknown): Promise<never> {
    if (this.#isSettled) throw error;
    this.#inFlight--;
    this.#firstFailure ??= { error };
    if (attempt === 1) this.#hasFirstFailed = true;
    if (this.#inFlight > 0) return new Promise(() => {});

    this.#settle();
    const { error: firstError } = this.#firstFailure;
    this.#owner.onError(firstError, this.#controllers.length, this.#owner.clock.now() - this.#startedAt);
    throw firstError;
  }

  /** The signals of the attempts follow that of the caller. */
  readonly #onCallerAbort = (): void => {
    this.#settle();
    this.#outcome.reject(this.#context.signal?.reason);
  };

  #settle(): void {
    this.#isSettled = true;
    this.#cancelTimer?.();
    this.#context.signal?.removeEventListener('abort', this.#onCallerAbort);
  }

  #abortAllBut(winner: number, reason: unknown): void {
    for (const [index, controller] of this.#controllers.entries()) {
      if (index + 1 !== winner) controller.abort(reason);
    }
  }
}
