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
      timer =
        remainingMs <= longestTimeoutMs
          ? setTimeout(callback, remainingMs)
          : setTimeout(() => arm(remainingMs - longestTimeoutMs), longestTimeoutMs);
      timer.unref();
    };
    arm(delayMs / speed);
    return () => clearTimeout(timer);
  };
  return { now, schedule };
}

const realTime = scaledClock(1);

/** So many readings one close after the other are the beginning of a burst. */
const readingsBeforeBurst = 16;
/** In a burst so many are answered with the last one. */
const readingsAnswered = 64;
/** How close, in milliseconds, on average. */
const closeMs = 0.002;

// Taken here, so that a test that fakes timers cannot keep a burst from ending.
const { setImmediate } = globalThis;

let lastReading = 0;
let closeReadings = 0;
let readingsLeft = 0;
let isEndAwaited = false;

function endBurst(): void {
  closeReadings = 0;
  readingsLeft = 0;
  isEndAwaited = false;
}

function read(): number {
  const reading = origin + performance.now();
  const isInBurst = closeReadings >= readingsBeforeBurst;
  const isClose = reading - lastReading < closeMs * (isInBurst ? readingsAnswered + 1 : 1);
  lastReading = reading;
  closeReadings = isClose ? closeReadings + 1 : 0;
  if (closeReadings < readingsBeforeBurst) return reading;

  readingsLeft = readingsAnswered;
  if (!isEndAwaited) {
    isEndAwaited = true;
    // Not unref'd: the event loop must not wait for anything before the burst has ended.
    setImmediate(endBurst);
  }
  return reading;
}

/**
 * Real time. Monotonic: it starts at the wall clock's reading and is not moved by later corrections of it.
 *
 * Asking the operating system for the time is most of what a policy costs. Where very many calls begin or end within one
 * turn of the event loop, 16 readings less than 2 µs apart begin a burst: from then on 64 of 65 are answered with the last
 * one, as long as they come as close, and never beyond that turn. So nothing is lost on calls that wait for something, and
 * work that takes its time is measured: the readings around it are too far apart. What can be off, by the work between 65
 * readings, is a call that follows a burst at once.
 */
export const systemClock: Clock = {
  now: () => {
    if (readingsLeft === 0) return read();
    readingsLeft--;
    return lastReading;
  },
  schedule: (delayMs, callback) => realTime.schedule(delayMs, callback),
};
