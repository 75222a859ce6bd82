/** Undoes a scheduled callback; calling it late or twice does nothing. */
export type Cancel = () => void;

/**
 * The one source of time: windows, waits, back-off and limits read it, and nothing else.
 *
 * `now()` is milliseconds since the Unix epoch and never runs backwards. Fractions are allowed.
 */
export interface Clock {
  now(): number;
  /** Runs `callback` once, `delayMs` (0 or more) from now. A pending callback does not keep the process alive. */
  schedule(delayMs: number, callback: () => void): Cancel;
}

/** The longest delay that `setTimeout` takes; beyond it, it would fire at once. */
const longestTimeoutMs = 2 ** 31 - 1;

const origin = performance.timeOrigin;

/**
 * Real time, `speed` times as fast. With speed 5 two seconds of this clock pass in 400 ms, so a demonstration or a
 * rehearsal is shorter while every configured duration stays as it is.
 *
 * @param speed how many milliseconds of this clock pass in one real millisecond; above 0
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
      const sliceMs = Math.min(remainingMs, longestTimeoutMs);
      timer = setTimeout(() => {
        if (remainingMs > sliceMs) arm(remainingMs - sliceMs);
        else callback();
      }, sliceMs);
      timer.unref();
    };
    arm(delayMs / speed);
    return () => clearTimeout(timer);
  };
  return { now, schedule };
}

const realTime = scaledClock(1);

/** Real time. Monotonic: it starts at the wall clock's reading and is not moved by later corrections of it. */
export const systemClock: Clock = {
  now: () => origin + performance.now(),
  schedule: (delayMs, callback) => realTime.schedule(delayMs, callback),
};
