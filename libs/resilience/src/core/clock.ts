import { checkNumber } from './arguments.ts';
import { nodeModule } from './platform.ts';

/** Cancels a scheduled callback. Calling it late or more than once has no effect. */
export type Cancel = () => void;

/** What a callback is scheduled for. */
export interface ScheduleOptions {
  /**
   * Whether no caller waits for the callback, as with health probes: then it does not keep the process alive. False by
   * default.
   */
  readonly background?: boolean;
}

/** The source of time for all policies: windows, waits, back-off and limits use nothing else. */
export interface Clock {
  /** Milliseconds since the Unix epoch, with fractions. Never runs backwards. */
  now(): number;
  /**
   * Runs `callback` once after `delayMs` (0 or more). A pending callback keeps the process alive, unless it is background
   * work. Call `scheduleInBackground` for that: it also leaves the async context of the caller.
   */
  schedule(delayMs: number, callback: () => void, options?: ScheduleOptions): Cancel;
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
  let lastReading = startedAt;
  let setBackMs = 0;
  const now = (): number => {
    const reading = performance.now();
    // Test frameworks set it back to 0 when they fake timers, and policies may be older than that.
    if (reading < lastReading) setBackMs += lastReading - reading;
    lastReading = reading;
    return origin + startedAt + (reading + setBackMs - startedAt) * speed;
  };

  const schedule = (delayMs: number, callback: () => void, { background = false }: ScheduleOptions = {}): Cancel => {
    checkNumber('delayMs', delayMs);
    let timer: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      timer =
        remainingMs <= longestTimeoutMs
          ? setTimeout(callback, remainingMs)
          : setTimeout(() => arm(remainingMs - longestTimeoutMs), longestTimeoutMs);
      // Fake timers of test frameworks may be numbers, as in browsers.
      if (background) timer.unref?.();
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

const asyncHooks = nodeModule<{ readonly AsyncLocalStorage: { snapshot(): <T>(work: () => T) => T } }>(
  'node:async_hooks',
);

/** Of the time when this module was loaded, which is before any request. A browser has no async context. */
const contextOfNoCaller: <T>(work: () => T) => T = asyncHooks?.AsyncLocalStorage.snapshot() ?? ((work) => work());

/**
 * Runs background work outside the async context of the current caller. Otherwise the work of a request that ended long ago
 * would see its deadline and trace, and keep the request in memory.
 */
export function runInBackground<T>(work: () => T): T {
  return contextOfNoCaller(work);
}

/**
 * Schedules background work, for which no caller waits, such as a health probe. It runs outside the async context of the
 * current caller and does not keep the process alive.
 */
export function scheduleInBackground(clock: Clock, delayMs: number, work: () => void): Cancel {
  // Both: the timer must not keep the context in memory, and some clocks run callbacks in the context of others.
  return runInBackground(() => clock.schedule(delayMs, () => runInBackground(work), { background: true }));
}

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
