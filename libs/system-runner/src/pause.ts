import { setTimeout as delay } from 'node:timers/promises';

/** Waits, unless `signal` aborts first: then rejects with its reason. */
export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(durationMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** `promise`, unless `signal` aborts first: then rejects with its reason and leaves the promise to itself. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Waits until `signal` aborts; then rejects with its reason. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return unlessAborted(new Promise<never>(() => {}), signal);
}
