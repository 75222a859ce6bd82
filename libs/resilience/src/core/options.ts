import { durationForms, parseDuration } from './duration.ts';
import { InvalidOptionsError, type OptionFault } from './errors.ts';
import { nearestName } from './nearest-name.ts';

/** What kind of value an option takes; the configuration files are read by it. */
export type OptionKind =
  | 'number'
  | 'numbers'
  | 'boolean'
  | 'duration'
  | 'choice'
  | 'text'
  | 'errorClasses'
  | 'errorPredicate'
  | 'resultPredicate'
  | 'function';

/** One option of a policy: what it takes, what it is when not given, and how a given value is checked. */
export interface OptionRule<T> {
  readonly kind: OptionKind;
  readonly defaultValue: T;
  /** What is accepted, in words that finish the sentence "allowed: …". */
  readonly allowed: string;
  /** The value as the policy uses it, or `undefined` when it is not acceptable. */
  parse(value: unknown): T | undefined;
  /** Options of a base configuration that setting this one replaces, because both cannot hold. */
  readonly replaces?: readonly string[];
}

/** All options of a policy. `C` is the configuration that they resolve to. */
export type OptionRules<C> = { readonly [K in keyof C]-?: OptionRule<C[K]> };

/** The configuration that rules resolve to: complete, checked and frozen, with durations in milliseconds. */
export type ConfigOf<R> = { readonly [K in keyof R]: R[K] extends OptionRule<infer T> ? T : never };

/** An error class, to be matched with `instanceof`. */
// oxlint-disable-next-line typescript/no-explicit-any -- the parameters of somebody else's constructor do not matter
export type ErrorClass = abstract new (...args: any[]) => unknown;

interface NumberRange {
  readonly above?: number;
  readonly min?: number;
  readonly max?: number;
}

/** A whole number of things. */
export function wholeNumber(defaultValue: number, range: NumberRange): OptionRule<number> {
  const parse = (value: unknown) =>
    typeof value === 'number' && Number.isSafeInteger(value) && isWithin(value, range) ? value : undefined;
  return { kind: 'number', defaultValue, allowed: `a whole number ${inWords(range)}`, parse };
}

/** A share of all calls in percent, above 0 and at most 100. */
export function percentage(defaultValue: number): OptionRule<number> {
  const range = { above: 0, max: 100 };
  const parse = (value: unknown) => (typeof value === 'number' && isWithin(value, range) ? value : undefined);
  return { kind: 'number', defaultValue, allowed: `a percentage ${inWords(range)}`, parse };
}

/** A share from 0 to 1. */
export function fraction(defaultValue: number): OptionRule<number> {
  const parse = (value: unknown) =>
    typeof value === 'number' && isWithin(value, { min: 0, max: 1 }) ? value : undefined;
  return { kind: 'number', defaultValue, allowed: 'a number from 0 to 1', parse };
}

/** A list of percentages, each above the one before; empty by default. */
export function risingPercentages(): OptionRule<readonly number[]> {
  const parse = (value: unknown) =>
    Array.isArray(value) && value.every(isRisingPercentage) ? Object.freeze([...(value as number[])]) : undefined;
  return { kind: 'numbers', defaultValue: [], allowed: 'a list of rising percentages between 0 and 100', parse };
}

/** A duration, resolved to milliseconds. */
export function duration(defaultValue: number, range: NumberRange): OptionRule<number> {
  const parse = (value: unknown) => {
    const durationMs = parseDuration(value);
    return durationMs !== undefined && isWithin(durationMs, range) ? durationMs : undefined;
  };
  return { kind: 'duration', defaultValue, allowed: `a duration ${inWords(range, ' ms')} (${durationForms})`, parse };
}

export function flag(defaultValue: boolean): OptionRule<boolean> {
  const parse = (value: unknown) => (typeof value === 'boolean' ? value : undefined);
  return { kind: 'boolean', defaultValue, allowed: 'true or false', parse };
}

/** One of a few words. */
export function choice<const T extends string>(defaultValue: T, choices: readonly T[]): OptionRule<T> {
  const parse = (value: unknown) => choices.find((word) => word === value);
  return { kind: 'choice', defaultValue, allowed: `one of ${choices.join(', ')}`, parse };
}

/** Any text that is not empty, such as a name; `undefined` when none is given. */
export function optionalText(allowed: string): OptionRule<string | undefined> {
  const parse = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value : undefined);
  return { kind: 'text', defaultValue: undefined, allowed, parse };
}

export function errorClasses(): OptionRule<readonly ErrorClass[]> {
  const parse = (value: unknown) =>
    Array.isArray(value) && value.every(isErrorClass) ? Object.freeze([...value]) : undefined;
  return { kind: 'errorClasses', defaultValue: [], allowed: 'a list of error classes', parse };
}

/** A function of the caller's; `undefined` when none is given. */
export function optionalFunction<F>(
  kind: 'errorPredicate' | 'resultPredicate' | 'function',
  allowed: string,
): OptionRule<F | undefined> {
  const parse = (value: unknown) => (typeof value === 'function' ? (value as F) : undefined);
  return { kind, defaultValue: undefined, allowed, parse };
}

/** The same option, which may also be left without a value. */
export function optional<T>(rule: OptionRule<T>): OptionRule<T | undefined> {
  return { ...rule, defaultValue: undefined };
}

/** The same option; setting it replaces these options of a base configuration. */
export function replacing<T>(rule: OptionRule<T>, replaces: readonly string[]): OptionRule<T> {
  return { ...rule, replaces };
}

/**
 * Copies, defaults, checks as a whole and freezes. The given object is not touched.
 *
 * @param subject whose options these are, for the error
 * @param relations faults that no option has alone, found in the resolved configuration
 * @throws InvalidOptionsError listing every fault
 */
export function resolveOptions<C extends object>(
  subject: string,
  rules: OptionRules<C>,
  given: object,
  relations: (config: C, isGiven: (option: keyof C) => boolean) => readonly OptionFault[] = () => [],
): Readonly<C> {
  const values = new Map(Object.entries(given).filter(([, value]) => value !== undefined));
  const faults: OptionFault[] = [...values.keys()]
    .filter((option) => !(option in rules))
    .map((option) => unknownOption(option, rules));

  const config: Partial<C> = {};
  for (const option of Object.keys(rules) as (keyof C & string)[]) {
    const rule = rules[option];
    const parsed = values.has(option) ? rule.parse(values.get(option)) : rule.defaultValue;
    if (parsed === undefined && values.has(option)) {
      faults.push({ option, given: describe(values.get(option)), allowed: rule.allowed });
    }
    config[option] = parsed ?? rule.defaultValue;
  }
  const resolved = config as C;
  faults.push(...relations(resolved, (option) => values.has(option as string)));
  if (faults.length > 0) throw new InvalidOptionsError(subject, faults);
  return Object.freeze(resolved);
}

/** `override` on top of `base`: an option that is set wins, and takes away those of the base that it replaces. */
export function mergeOptions<O extends object>(rules: Readonly<Record<string, unknown>>, base: O, override: O): O {
  const merged: Record<string, unknown> = { ...(base as Record<string, unknown>) };
  for (const [option, value] of Object.entries(override)) {
    if (value === undefined) continue;
    for (const replaced of (rules[option] as OptionRule<unknown> | undefined)?.replaces ?? []) delete merged[replaced];
  }
  for (const [option, value] of Object.entries(override)) if (value !== undefined) merged[option] = value;
  return merged as O;
}

function unknownOption(option: string, rules: object): OptionFault {
  const meant = nearestName(option, Object.keys(rules));
  const allowed = meant === undefined ? Object.keys(rules).join(', ') : `${meant}, if that is what you meant`;
  return { option, given: 'not an option', allowed };
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}

function isRisingPercentage(value: unknown, index: number, list: readonly unknown[]): boolean {
  const previous = index === 0 ? 0 : Number(list[index - 1]);
  return typeof value === 'number' && value > previous && value < 100;
}

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && typeof value.prototype === 'object';
}

function isWithin(value: number, { above, min, max }: NumberRange): boolean {
  return (
    (above === undefined || value > above) && (min === undefined || value >= min) && !(max !== undefined && value > max)
  );
}

function inWords({ above, min, max }: NumberRange, unit = ''): string {
  const lower = above === undefined ? `of at least ${min}${unit}` : `above ${above}${unit}`;
  return max === undefined ? lower : `${lower} and at most ${max}${unit}`;
}
