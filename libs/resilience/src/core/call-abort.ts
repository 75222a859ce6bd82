/** Told once, with what the call was given up with. It must not throw. */
export type AbortListener = (reason: unknown) => void;

/**
 * What a policy gives a call up with: an AbortController that is made only for who asks for its signal. A signal and a listener
 * to it take longer than many a policy; who only wants to be told listens here.
 */
export class CallAbort {
  #controller: AbortController | undefined;
  #listeners: AbortListener[] | undefined;
  #aborted = false;
  #reason: unknown;

  get aborted(): boolean {
    return this.#aborted;
  }

  /** What it was aborted with; `undefined` before. */
  get reason(): unknown {
    return this.#reason;
  }

  /** The same for `fetch`, for timers, and for whoever else knows signals. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Tells all who listen, once; a second abort changes nothing. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener(reason);
  }

  /** Calls `listener` when it is aborted; not for an abort that was before. */
  addListener(listener: AbortListener): void {
    if (!this.#aborted) (this.#listeners ??= []).push(listener);
  }

  removeListener(listener: AbortListener): void {
    const listeners = this.#listeners;
    if (listeners === undefined) return;
    // Mostly there is but one.
    if (listeners.at(-1) === listener) listeners.pop();
    else this.#listeners = listeners.filter((other) => other !== listener);
  }
}
