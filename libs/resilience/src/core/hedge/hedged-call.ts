import type { Cancel, Clock } from '../clock.ts';
import { type CallContext, type ProtectedCall, toCallContext } from '../policy.ts';

/** What one call needs of the hedge that it belongs to. */
export interface HedgedCallOwner {
  readonly clock: Clock;
  readonly maxAttempts: number;
  /** How long to wait before each further attempt; `undefined` when there is to be none. */
  readonly delayMs: number | undefined;
  /** Whether a further attempt may be made. */
  mayHedge(): boolean;
  /** What the attempts that are not needed any more are aborted with. */
  makeAbortReason(): unknown;
  onHedge(attempt: number): void;
  /** @param firstLatencyMs how long the first attempt took, or has taken when it was overtaken; `undefined` if it failed */
  onSuccess(attempt: number, numberOfAttempts: number, elapsedMs: number, firstLatencyMs: number | undefined): void;
  onError(error: unknown, numberOfAttempts: number, elapsedMs: number): void;
}

/** The attempts of one call, from the start of the first to the decision; what comes after it is swallowed. */
export class HedgedCall<T> {
  readonly #owner: HedgedCallOwner;
  readonly #call: ProtectedCall<T>;
  readonly #context: Partial<CallContext>;
  readonly #outcome = Promise.withResolvers<T>();
  readonly #startedAt: number;
  /** One for each attempt made, in their order. */
  readonly #controllers: AbortController[] = [];
  #underWay = 0;
  #firstFailure: { readonly error: unknown } | undefined;
  #hasFirstFailed = false;
  #isDecided = false;
  #cancelTimer: Cancel | undefined;

  constructor(owner: HedgedCallOwner, call: ProtectedCall<T>, context: Partial<CallContext> = {}) {
    this.#owner = owner;
    this.#call = call;
    this.#context = context;
    this.#startedAt = owner.clock.now();
  }

  run(): Promise<T> {
    this.#context.signal?.addEventListener('abort', this.#onCallerAbort, { once: true });
    this.#startAttempt();
    this.#scheduleNext();
    return this.#outcome.promise;
  }

  #startAttempt(): void {
    const controller = new AbortController();
    const attempt = this.#controllers.push(controller);
    this.#underWay++;
    this.#attempt(controller.signal).then(
      (result) => this.#onAnswer(attempt, result),
      (error: unknown) => this.#onFailure(attempt, error),
    );
  }

  /**
   * Its signal outlives the decision in one direction only: the winner's answer may still be read from a socket, which the
   * caller can then abort, and nobody else.
   */
  async #attempt(own: AbortSignal): Promise<T> {
    const { signal: callers } = this.#context;
    const signal = callers === undefined ? own : AbortSignal.any([callers, own]);
    return this.#call(toCallContext({ ...this.#context, signal }));
  }

  #scheduleNext(): void {
    const { clock, delayMs, maxAttempts } = this.#owner;
    this.#cancelTimer = undefined;
    // An attempt may abort its caller before it returns; then there is nothing to schedule any more.
    if (this.#isDecided || delayMs === undefined || this.#controllers.length >= maxAttempts) return;
    this.#cancelTimer = clock.schedule(delayMs, () => this.#hedge());
  }

  #hedge(): void {
    this.#cancelTimer = undefined;
    if (!this.#owner.mayHedge()) return;
    this.#owner.onHedge(this.#controllers.length + 1);
    // A listener may have aborted the caller.
    if (this.#isDecided) return;
    this.#startAttempt();
    this.#scheduleNext();
  }

  #onAnswer(attempt: number, result: T): void {
    if (this.#isDecided) return;
    this.#decide();
    if (this.#controllers.length > 1) this.#abortAllBut(attempt, this.#owner.makeAbortReason());
    const elapsedMs = this.#owner.clock.now() - this.#startedAt;
    this.#owner.onSuccess(attempt, this.#controllers.length, elapsedMs, this.#hasFirstFailed ? undefined : elapsedMs);
    this.#outcome.resolve(result);
  }

  #onFailure(attempt: number, error: unknown): void {
    if (this.#isDecided) return;
    this.#underWay--;
    this.#firstFailure ??= { error };
    if (attempt === 1) this.#hasFirstFailed = true;
    if (this.#underWay > 0) return;

    this.#decide();
    const { error: firstError } = this.#firstFailure;
    this.#owner.onError(firstError, this.#controllers.length, this.#owner.clock.now() - this.#startedAt);
    this.#outcome.reject(firstError);
  }

  readonly #onCallerAbort = (): void => {
    const reason: unknown = this.#context.signal?.reason;
    this.#decide();
    this.#abortAllBut(undefined, reason);
    this.#outcome.reject(reason);
  };

  #decide(): void {
    this.#isDecided = true;
    this.#cancelTimer?.();
    this.#context.signal?.removeEventListener('abort', this.#onCallerAbort);
  }

  #abortAllBut(winner: number | undefined, reason: unknown): void {
    for (const [index, controller] of this.#controllers.entries()) {
      if (index + 1 !== winner) controller.abort(reason);
    }
  }
}
