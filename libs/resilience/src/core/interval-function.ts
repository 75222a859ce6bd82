import { type Duration, durationForms, parseDuration } from './duration.ts';
import { InvalidOptionsError, type OptionFault } from './errors.ts';
import { isFraction, UserFunctions } from './user-function.ts';

/** Computes the wait in milliseconds after the given number of attempts (from 1). */
export type IntervalFunction = (attempt: number) => number;

/** A source of uniform random numbers in [0, 1), such as `Math.random`. */
export type Random = () => number;

const defaultInterval = 500;
const middleOfRange = 0.5;
export const defaultMultiplier = 1.5;
export const defaultRandomizationFactor = 0.5;

/**
 * Resilience4j's interval functions, equal to the millisecond, as the recorded intervals in `conformance/` show. All
 * count attempts from 1 and throw a RangeError for a smaller number.
 */
export const IntervalFunction = {
  /**
   * Returns the same wait each time.
   *
   * @param interval at least 1 ms; 500 ms by default
   * @throws InvalidOptionsError
   */
  of(interval: Duration = defaultInterval): IntervalFunction {
    const { intervalMs } = checked('A constant interval', { intervalMs: atLeastOneMs('interval', interval) });
    return counted(`${intervalMs} ms`, () => intervalMs);
  },

  /**
   * Starts with `initialInterval` and multiplies it by `multiplier` for each further wait, rounded down to whole
   * milliseconds at every step and capped at the end.
   *
   * @param initialInterval at least 1 ms; 500 ms by default
   * @param multiplier above 0; 1.5 by default
   * @param maxInterval the cap, at least 1 ms; none by default
   * @throws InvalidOptionsError
   */
  ofExponentialBackoff(
    initialInterval: Duration = defaultInterval,
    multiplier = defaultMultiplier,
    maxInterval?: Duration,
  ): IntervalFunction {
    const { initialMs, growth, maxMs } = checked('An exponential backoff', {
      initialMs: atLeastOneMs('initialInterval', initialInterval),
      growth: aboveZero('multiplier', multiplier),
      maxMs: maxInterval === undefined ? Number.MAX_SAFE_INTEGER : atLeastOneMs('maxInterval', maxInterval),
    });
    const description = `${initialMs} ms × ${growth}${cap(maxInterval, maxMs)}`;
    return counted(description, (attempt) => Math.min(exponential(initialMs, growth, attempt), maxMs));
  },

  /**
   * Draws a wait uniformly from `interval` ± `randomizationFactor` of it, in whole milliseconds, at least 1.
   *
   * @param interval at least 1 ms; 500 ms by default
   * @param randomizationFactor from 0 to 1; 0.5 by default
   * @param random the random numbers; `Math.random` by default
   * @throws InvalidOptionsError
   */
  ofRandomized(
    interval: Duration = defaultInterval,
    randomizationFactor = defaultRandomizationFactor,
    random: Random = Math.random,
  ): IntervalFunction {
    const { intervalMs, factor } = checked('A randomized interval', {
      intervalMs: atLeastOneMs('interval', interval),
      factor: fraction('randomizationFactor', randomizationFactor),
    });
    const description = `${intervalMs} ms ± ${factor * 100} %`;
    const draw = checkedRandom(description, random);
    return counted(description, () => randomized(intervalMs, factor, draw));
  },

  /**
   * Computes the exponential wait, randomizes it, then caps it: a wait at the cap is not randomized.
   *
   * @param initialInterval at least 1 ms; 500 ms by default
   * @param multiplier above 0; 1.5 by default
   * @param randomizationFactor from 0 to 1; 0.5 by default
   * @param maxInterval the cap, at least 1 ms; none by default
   * @param random the random numbers; `Math.random` by default
   * @throws InvalidOptionsError
   */
  ofExponentialRandomBackoff(
    initialInterval: Duration = defaultInterval,
    multiplier = defaultMultiplier,
    randomizationFactor = defaultRandomizationFactor,
    maxInterval?: Duration,
    random: Random = Math.random,
  ): IntervalFunction {
    const { initialMs, growth, factor, maxMs } = checked('An exponential randomized backoff', {
      initialMs: atLeastOneMs('initialInterval', initialInterval),
      growth: aboveZero('multiplier', multiplier),
      factor: fraction('randomizationFactor', randomizationFactor),
      maxMs: maxInterval === undefined ? Number.MAX_SAFE_INTEGER : atLeastOneMs('maxInterval', maxInterval),
    });
    const description = `${initialMs} ms × ${growth} ± ${factor * 100} %${cap(maxInterval, maxMs)}`;
    const draw = checkedRandom(description, random);
    return counted(description, (attempt) =>
      Math.min(randomized(exponential(initialMs, growth, attempt), factor, draw), maxMs),
    );
  },
};

function exponential(initialMs: number, multiplier: number, attempt: number): number {
  let intervalMs = initialMs;
  for (let step = 1; step < attempt && intervalMs < Number.MAX_SAFE_INTEGER; step++) {
    const next = Math.trunc(intervalMs * multiplier);
    if (next === intervalMs) break;
    intervalMs = next;
  }
  return Math.min(intervalMs, Number.MAX_SAFE_INTEGER);
}

/** A source that draws the middle of the range where the given one throws or returns no fraction. */
function checkedRandom(description: string, random: Random): Random {
  const functions = new UserFunctions(`IntervalFunction ${description}`);
  const allowed = 'a number of at least 0 and below 1';
  return () => functions.call('random', random, [], isFraction, allowed, middleOfRange);
}

function randomized(intervalMs: number, factor: number, random: Random): number {
  const spread = factor * intervalMs;
  const least = intervalMs - spread;
  const most = intervalMs + spread;
  return Math.max(1, Math.trunc(least + random() * (most - least + 1)));
}

function counted(description: string, interval: IntervalFunction): IntervalFunction {
  const intervalFunction: IntervalFunction = (attempt) => {
    if (!(attempt >= 1)) throw new RangeError(`Attempts are counted from 1, but ${attempt} was given.`);
    return interval(attempt);
  };
  descriptions.set(intervalFunction, description);
  return intervalFunction;
}

const descriptions = new WeakMap<object, string>();

/**
 * Describes a function that was made here; `undefined` for any other function. Functions with the same description are
 * equal when configurations are compared: reading a file again makes new functions from the same numbers.
 */
export function describeIntervalFunction(intervalFunction: object): string | undefined {
  return descriptions.get(intervalFunction);
}

function cap(maxInterval: Duration | undefined, maxMs: number): string {
  return maxInterval === undefined ? '' : `, at most ${maxMs} ms`;
}

function atLeastOneMs(option: string, value: Duration): number | OptionFault {
  const durationMs = parseDuration(value) ?? 0;
  return durationMs >= 1 ? durationMs : { option, given: String(value), allowed: `at least 1 ms (${durationForms})` };
}

function aboveZero(option: string, value: number): number | OptionFault {
  return Number.isFinite(value) && value > 0 ? value : { option, given: String(value), allowed: 'a number above 0' };
}

function fraction(option: string, value: number): number | OptionFault {
  return value >= 0 && value <= 1 ? value : { option, given: String(value), allowed: 'a number from 0 to 1' };
}

function checked<K extends string>(subject: string, values: Record<K, number | OptionFault>): Record<K, number> {
  const faults = Object.values<number | OptionFault>(values).filter((value) => typeof value !== 'number');
  if (faults.length > 0) throw new InvalidOptionsError(subject, faults);
  return values as Record<K, number>;
}
