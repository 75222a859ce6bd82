import type { Unsubscribe } from './events.ts';
import { warn } from './warning.ts';

/** Told once, with what the call was given up with. What it throws hurts nobody: it is shown as a process warning. */
export type AbortListener = (reason: unknown) => void;

/**
 * What a policy gives a call up with: an AbortController that is made only for who asks for its signal. A signal and a listener
 * to it take longer than many a policy; who only wants to be told listens here.
 */
export class CallAbort {
  #controller: AbortController | undefined;
  /** Still to be told, in the order of their coming. An array, since mostly there is but one: a set takes longer to make. */
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
    // One after the other is taken out: who stops to listen while others are told is not told any more.
    for (let told = this.#listeners?.shift(); told !== undefined; told = this.#listeners?.shift()) told(reason);
  }

  /** Calls `listener` when it is aborted; not for an abort that was before. The same function may listen more than once. */
  listen(listener: AbortListener): Unsubscribe {
    const listeners = (this.#listeners ??= []);
    const told: AbortListener = (reason) => tellOfAbort(listener, reason);
    listeners.push(told);
    return () => {
      const at = listeners.indexOf(told);
      // Mostly it is the only one; `splice` would make an array of it.
      if (at === listeners.length - 1) listeners.pop();
      else if (at >= 0) listeners.splice(at, 1);
    };
  }
}

/** One that fails must not keep the others from being told. */
export function tellOfAbort(listener: AbortListener, reason: unknown): void {
  try {
    listener(reason);
  } catch (error) {
    const message = 'A listener to the abort of a call failed. The call is given up all the same.';
    warn('ResilienceListenerWarning', message, error);
  }
}
