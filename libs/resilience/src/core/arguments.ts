import { durationForms, parseDuration } from './duration.ts';

/** @throws RangeError that names the argument, unless it is a finite number */
export function checkFinite(name: string, given: unknown): void {
  if (!Number.isFinite(given)) throw invalidArgument(name, 'a finite number', given);
}

/** @throws RangeError that names the argument, unless it is a number; infinite numbers are accepted */
export function checkNumber(name: string, given: unknown): void {
  if (typeof given !== 'number' || Number.isNaN(given)) throw invalidArgument(name, 'a number', given);
}

/** @throws RangeError that names the argument, unless it is a whole number of at least `min` */
export function checkWholeNumber(name: string, given: unknown, min: number): void {
  if (Number.isSafeInteger(given) && (given as number) >= min) return;
  throw invalidArgument(name, `a whole number of at least ${min}`, given);
}

/**
 * The milliseconds of an argument that is a duration.
 *
 * @throws RangeError that names the argument, unless it is a duration of at least 0
 */
export function durationArgument(name: string, given: unknown): number {
  const durationMs = parseDuration(given);
  if (durationMs !== undefined && durationMs >= 0) return durationMs;
  throw invalidArgument(name, `a duration of at least 0 (${durationForms})`, given);
}

function invalidArgument(name: string, allowed: string, given: unknown): RangeError {
  return new RangeError(`${name} must be ${allowed}, but ${String(given)} was given.`);
}
