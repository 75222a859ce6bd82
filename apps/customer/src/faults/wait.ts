import type { Clock } from '@breakwater/resilience';

/**
 * Resolves when at least `ms` have passed on the clock.
 *
 * @throws the signal's reason as soon as it aborts
 */
export async function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const endsAt = clock.now() + ms;
  // A timer may fire up to a millisecond early.
  for (let remainingMs = ms; remainingMs > 0; remainingMs = endsAt - clock.now()) {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = clock.schedule(remainingMs, resolve);
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
    try {
      await promise;
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }
}
