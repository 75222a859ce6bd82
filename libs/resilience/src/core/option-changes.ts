import { describeIntervalFunction } from './interval-function.ts';

/** An option whose value differs between two configurations. */
export interface OptionChange {
  readonly option: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The options that differ between two configurations of a policy. */
export function optionChanges(before: object, after: object): readonly OptionChange[] {
  const old = before as Readonly<Record<string, unknown>>;
  return Object.entries(after as Readonly<Record<string, unknown>>)
    .filter(([option, value]) => !isSame(old[option], value))
    .map(([option, value]) => ({ option, before: old[option], after: value }));
}

function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((entry, at) => entry === b[at]);
  if (typeof a !== 'function' || typeof b !== 'function') return Object.is(a, b);
  const description = describeIntervalFunction(a);
  return a === b || (description !== undefined && description === describeIntervalFunction(b));
}
