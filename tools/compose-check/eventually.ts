import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats a check until it succeeds.
 *
 * @param look throws until the condition holds
 * @throws the last error after the timeout; the signal's reason when it aborts
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
