import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Looks again and again until what is looked for is there.
 *
 * @param look throws as long as it is not there
 * @throws the last error of `look` when the time is over; the signal's reason when it aborts
 */
export async function eventually<T>(look: () => Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      signal.throwIfAborted();
      if (performance.now() > end) throw error;
    }
    await sleep(500, undefined, { signal });
  }
}
