import type { Unsubscribe } from '../events.ts';
import { warn } from '../warning.ts';

/** How a call ended, by the name of the event that tells of it. */
export type CallEnd = 'SUCCESS' | 'ERROR' | 'IGNORED_ERROR';

/** @param endedAt in milliseconds since the Unix epoch, by the circuit breaker's clock, so that who listens need not look */
export type CallEndListener = (end: CallEnd, elapsedDurationMs: number, endedAt: number) => void;

/** Who hears of every call, and needs no event for it: meters. A listener that throws cannot hurt a call. */
export class CallEnds {
  /** Replaced, never changed in place, so that a listener may come or go while it is told. */
  #listeners: readonly CallEndListener[] = [];

  on(listener: CallEndListener): Unsubscribe {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  tell(end: CallEnd, elapsedDurationMs: number, endedAt: number): void {
    const listeners = this.#listeners;
    for (let at = 0; at < listeners.length; at++) {
      try {
        listeners[at]!(end, elapsedDurationMs, endedAt);
      } catch (error) {
        const message = `A listener to the ends of calls failed. The call that ended with ${end} is not affected.`;
        warn('ResilienceListenerWarning', message, error);
      }
    }
  }
}
