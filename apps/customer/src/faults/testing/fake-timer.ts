import { setImmediate } from 'node:timers/promises';
import type { Timer } from '../demo-time.ts';

/** A timer for specs: time passes when it is told to, and sleepers wake in the order of their time. */
export class FakeTimer implements Timer {
  readonly #sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((wake, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      const sleeper = { due: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  /** Lets time pass, and whatever follows from it happen. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await setImmediate();
      const next = [...this.#sleepers].sort((one, other) => one.due - other.due)[0];
      if (!next || next.due > end) break;
      this.#sleepers.delete(next);
      this.#now = next.due;
      next.wake();
    }
    this.#now = end;
  }
}
