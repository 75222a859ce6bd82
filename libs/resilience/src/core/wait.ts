import type { Clock } from './clock.ts';

/**
 * Resolves when `durationMs` have passed on the clock; at once, without a timer, when it is 0 or less. An abort ends the
 * wait with the signal's reason and leaves no timer behind.
 */
export async function wait(clock: Clock, durationMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (durationMs <= 0) return;
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      cancel();
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's reason, whatever it is
      reject(signal?.reason);
    };
    const cancel = clock.schedule(durationMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
