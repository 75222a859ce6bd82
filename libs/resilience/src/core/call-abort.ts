import { warn } from './warning.ts';

/** Told once, with what the call was given up with. What it throws hurts nobody: it is shown as a process warning. */
export type AbortListener = (reason: unknown) => void;

/** One listening. The same function may listen more than once. */
export interface AbortRegistration {
  readonly listener: AbortListener;
  isOver: boolean;
}

/**
 * What a policy gives a call up with: an AbortController that is made only for who asks for its signal. A signal and a listener
 * to it take longer than many a policy; who only wants to be told listens here.
 */
export class CallAbort {
  #controller: AbortController | undefined;
  #registrations: AbortRegistration[] | undefined;
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
    const registrations = this.#registrations ?? [];
    this.#registrations = undefined;
    for (const { listener, isOver } of registrations) if (!isOver) tellOfAbort(listener, reason);
  }

  /** Calls `listener` when it is aborted; not for an abort that was before. */
  addListener(listener: AbortListener): AbortRegistration {
    const registration = { listener, isOver: false };
    if (!this.#aborted) (this.#registrations ??= []).push(registration);
    return registration;
  }

  /** Also while others are told: who has not been by then is not told any more. */
  removeListener(registration: AbortRegistration): void {
    registration.isOver = true;
    const registrations = this.#registrations;
    // Mostly there is but one.
    if (registrations?.at(-1) === registration) registrations.pop();
    else this.#registrations = registrations?.filter((other) => other !== registration);
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
