/** Cancels a scheduled callback. Calling it late or more than once has no effect. */
export type Cancel = () => void;

/** The source of time for all policies: windows, waits, back-off and limits use nothing else. */
export interface Clock {
  /** Milliseconds since the Unix epoch, with fractions. Never runs backwards. */
  now(): number;
  /** Runs `callback` once after `delayMs` (0 or more). A pending callback does not keep the process alive. */
  schedule(delayMs: number, callback: () => void): Cancel;
  /**
   * How many milliseconds of this clock pass in one real millisecond, for durations that leave the process, such as
   * those in headers. Default: 1.
   */
  readonly speed?: number;
}

/** The longest delay that `setTimeout` accepts; a longer one would fire immediately. */
const longestTimeoutMs = 2 ** 31 - 1;

const origin = performance.timeOrigin;

/**
 * Real time, `speed` times as fast: with speed 5, two seconds on this clock take 400 ms. It shortens a demonstration
 * without changing any configured duration.
 *
 * @param speed milliseconds of this clock per real millisecond; above 0
 * @throws RangeError when the speed is not a finite number above 0
 */
export function scaledClock(speed: number): Clock {
  if (!Number.isFinite(speed) || speed <= 0) {
    throw new RangeError(`The speed of a clock must be a finite number above 0, but ${speed} was given.`);
  }
  const startedAt = performance.now();
  const now = (): number => origin + startedAt + (performance.now() - startedAt) * speed;

  const schedule = (delayMs: number, callback: () => void): Cancel => {
    let timer: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      timer =
        remainingMs <= longestTimeoutMs
          ? setTimeout(callback, remainingMs)
          : setTimeout(() => arm(remainingMs - longestTimeoutMs), longestTimeoutMs);
      timer.unref();
    };
    arm(delayMs / speed);
    return () => clearTimeout(timer);
  };
  return { now, schedule, speed };
}

/**
 * Real time. Monotonic: it starts at the wall clock's reading, and later corrections of the wall clock do not move it.
 */
export const systemClock: Clock = scaledClock(1);

/**
 * Resolves when `durationMs` have passed on the clock; immediately, without a timer, when it is 0 or less.
 *
 * @throws the reason of `signal` as soon as it is aborted; no timer is left
 */
export async function wait(clock: Clock, durationMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (durationMs <= 0) return;
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      cancel();
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's reason is passed on
      reject(signal?.reason);
    };
    const cancel = clock.schedule(durationMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
