import { durationForms, parseDuration } from './duration.ts';
import { InvalidOptionsError, type OptionFault } from './errors.ts';
import { nearestName } from './nearest-name.ts';

/** The kind of an option's value, which determines how configuration files write it. */
export type OptionKind =
  | 'number'
  | 'numbers'
  | 'boolean'
  | 'duration'
  | 'choice'
  | 'text'
  | 'texts'
  | 'errorClasses'
  | 'errorPredicate'
  | 'resultPredicate'
  | 'function';

/** One option: its kind, its default and the values that it accepts. */
export interface OptionRule<T> {
  readonly kind: OptionKind;
  /** The value if the option is not set; with `excludes`, only if none of these is set either. */
  readonly defaultValue: T;
  /** The accepted values, in words that complete the sentence "allowed: …". */
  readonly allowed: string;
  /** Converts a value to what the policy uses; `undefined` if the value is not accepted. */
  parse(value: unknown): T | undefined;
  /** Options of a base configuration that are dropped when this one is set. */
  readonly replaces?: readonly string[];
  /** Options that cannot be set together with this one. */
  readonly excludes?: readonly string[];
}

/** Rules by the names of the options. */
export type OptionRules = Readonly<Record<string, OptionRule<unknown>>>;

/** The configuration that options resolve to: complete, checked, frozen, durations in milliseconds. */
export type ConfigOf<S> = S extends OptionSchema<infer C> ? Readonly<C> : never;

/** The options that every policy with events has. */
export interface EventOptions {
  /**
   * How many of the latest events `bufferedEvents` keeps, up to 10,000,000. 0, the default, keeps none; `ResilienceModule`
   * keeps 100.
   */
  readonly eventConsumerBufferSize?: number;
}

/** An error class, which is matched with `instanceof`. */
// oxlint-disable-next-line typescript/no-explicit-any -- constructors of any parameters are accepted
export type ErrorClass = abstract new (...args: any[]) => unknown;

/** Finds faults of a configuration whose options are valid one by one. */
export interface Relations<C> {
  faults(config: C): readonly OptionFault[];
}

/** The options of one kind of policy as data: names, defaults, limits and the faults that no option has alone. */
export class OptionSchema<C extends object> {
  readonly rules: OptionRules;
  readonly #relations: Relations<C>;
  readonly #parsed = new WeakSet<object>();
  readonly #configs = new WeakSet<object>();

  constructor(rules: { readonly [K in keyof C]: OptionRule<C[K]> }, relations: Relations<C> = { faults: () => [] }) {
    this.rules = rules;
    this.#relations = relations;
  }

  /**
   * Copies, completes, checks as a whole and freezes. A configuration that this method has returned is returned as it is.
   *
   * @param subject the owner of the options, for the error
   * @throws InvalidOptionsError listing every fault
   */
  resolve(subject: string, given: object): Readonly<C> {
    if (this.isConfig(given)) return given;
    const { values, faults } = this.parse(given);
    const config = this.#complete(given, values);
    const all = [...faults, ...this.#contradictions(given), ...this.#relations.faults(config)];
    if (all.length > 0) throw new InvalidOptionsError(subject, all);
    this.#configs.add(config);
    return Object.freeze(this.markParsed(config));
  }

  /** Parses each option that is set. A name that is no option is a fault. */
  parse(given: object): { readonly values: Partial<C>; readonly faults: readonly OptionFault[] } {
    if (this.isParsed(given)) return { values: given, faults: [] };
    const values: Record<string, unknown> = {};
    const faults: OptionFault[] = [];
    for (const [option, value] of Object.entries(given)) {
      if (value === undefined) continue;
      const rule = this.rules[option];
      const parsed = rule?.parse(value);
      if (rule === undefined) faults.push(unknownOption(option, Object.keys(this.rules)));
      else if (parsed === undefined) faults.push({ option, given: describe(value), allowed: rule.allowed });
      else values[option] = parsed;
    }
    return { values: this.markParsed(values as Partial<C>), faults };
  }

  /** Marks options whose values come from `parse` of the rules, so that they are not parsed again. */
  markParsed<O extends object>(options: O): O {
    this.#parsed.add(options);
    return options;
  }

  isParsed(options: object): boolean {
    return this.#parsed.has(options);
  }

  /** Whether `resolve` has returned this object. */
  isConfig(given: object): given is Readonly<C> {
    return this.#configs.has(given);
  }

  /** An option that is not set has its default, unless it is replaced by one that is set. */
  #complete(given: object, values: Partial<C>): C {
    const config = Object.entries(this.rules).map(([option, { defaultValue, excludes = [] }]) => {
      const isReplaced = excludes.some((other) => isSet(given, other));
      return [option, values[option as keyof C] ?? (isReplaced ? undefined : defaultValue)];
    });
    return Object.fromEntries(config) as C;
  }

  #contradictions(given: object): readonly OptionFault[] {
    const set = Object.entries(this.rules).filter(([option]) => isSet(given, option));
    return set.flatMap(([option, { excludes = [] }], at) => {
      const [other] = set.slice(0, at).find(([earlier]) => excludes.includes(earlier)) ?? [];
      const allowed = 'only one of the two';
      return other === undefined ? [] : [{ option, given: `set together with ${other}`, allowed }];
    });
  }
}

function isSet(given: object, option: string): boolean {
  return (given as Readonly<Record<string, unknown>>)[option] !== undefined;
}

interface NumberRange {
  readonly above?: number;
  readonly min?: number;
  readonly below?: number;
  readonly max?: number;
}

export function wholeNumber(defaultValue: number, range: NumberRange): OptionRule<number> {
  return numeric('a whole number', defaultValue, range, Number.isSafeInteger);
}

/** Of items in memory. What is larger is a mistake, and arrays and maps would fail with an error that names no option. */
const largestSize = 10_000_000;

/** The number of items that a policy keeps in memory; at most 10,000,000. */
export function size(defaultValue: number, { min }: { readonly min: number }): OptionRule<number> {
  return wholeNumber(defaultValue, { min, max: largestSize });
}

/** A number, whole or not. */
export function decimal(defaultValue: number, range: NumberRange): OptionRule<number> {
  return numeric('a number', defaultValue, range, Number.isFinite);
}

/** A percentage above 0 and at most 100. */
export function percentage(defaultValue: number): OptionRule<number> {
  return numeric('a percentage', defaultValue, { above: 0, max: 100 }, Number.isFinite);
}

/** A list of percentages, each above the one before; empty by default. */
export function risingPercentages(): OptionRule<readonly number[]> {
  const isRising = (value: unknown, index: number, list: readonly unknown[]) =>
    typeof value === 'number' && value > (index === 0 ? 0 : Number(list[index - 1])) && value < 100;
  const parse = (value: unknown) =>
    Array.isArray(value) && value.every(isRising) ? Object.freeze([...(value as number[])]) : undefined;
  return { kind: 'numbers', defaultValue: [], allowed: 'a list of rising percentages between 0 and 100', parse };
}

/** A duration, in milliseconds. */
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

/** One of several words. */
export function choice<const T extends string>(defaultValue: T, choices: readonly T[]): OptionRule<T> {
  const parse = (value: unknown) => choices.find((word) => word === value);
  return { kind: 'choice', defaultValue, allowed: `one of ${choices.join(', ')}`, parse };
}

/** Text that is not empty, such as a name; `undefined` by default. */
export function optionalText(allowed: string): OptionRule<string | undefined> {
  const parse = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value : undefined);
  return { kind: 'text', defaultValue: undefined, allowed, parse };
}

export function errorClasses(): OptionRule<readonly ErrorClass[]> {
  const isErrorClass = (value: unknown) => typeof value === 'function' && typeof value.prototype === 'object';
  const parse = (value: unknown) =>
    Array.isArray(value) && value.every(isErrorClass) ? Object.freeze([...(value as ErrorClass[])]) : undefined;
  return { kind: 'errorClasses', defaultValue: [], allowed: 'a list of error classes', parse };
}

/** A function; `undefined` by default. */
export function optionalFunction<F>(allowed: string, kind: OptionKind = 'function'): OptionRule<F | undefined> {
  const parse = (value: unknown) => (typeof value === 'function' ? (value as F) : undefined);
  return { kind, defaultValue: undefined, allowed, parse };
}

export function errorPredicate(): OptionRule<((error: unknown) => boolean) | undefined> {
  return optionalFunction('a function from an error to true or false', 'errorPredicate');
}

export function resultPredicate(): OptionRule<((result: unknown) => boolean) | undefined> {
  return optionalFunction('a function from a returned value to true or false', 'resultPredicate');
}

/** The same option, which may also be unset. */
export function optional<T>(rule: OptionRule<T>): OptionRule<T | undefined> {
  return { ...rule, defaultValue: undefined };
}

/** The same option, which replaces others of a base configuration when it is set. */
export function replacing<T>(rule: OptionRule<T>, replaces: readonly string[]): OptionRule<T> {
  return { ...rule, replaces: [...(rule.replaces ?? []), ...replaces] };
}

/** The same option, which cannot be set together with others, and replaces them in a base configuration. */
export function exclusive<T>(rule: OptionRule<T>, excludes: readonly string[]): OptionRule<T | undefined> {
  return { ...replacing(rule, excludes), excludes };
}

/** Options of `override` on top of those of `base`; one that is set drops those of the base that it replaces. */
export function mergeOptions<O extends object>(rules: OptionRules, base: O, override: O): O {
  const merged: Record<string, unknown> = { ...(base as Record<string, unknown>) };
  const set = Object.entries(override).filter(([, value]) => value !== undefined);
  for (const [option] of set) for (const replaced of rules[option]?.replaces ?? []) delete merged[replaced];
  return { ...merged, ...Object.fromEntries(set) } as O;
}

function unknownOption(option: string, known: readonly string[]): OptionFault {
  return { option, given: 'not an option', allowed: suggestion(option, known) ?? known.join(', ') };
}

/** The known name that a mistyped one most likely means, for "allowed: …"; `undefined` if none is near. */
export function suggestion(mistyped: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(mistyped, known);
  return nearest === undefined ? undefined : `${nearest}, if that is what you meant`;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}

function numeric(
  noun: string,
  defaultValue: number,
  range: NumberRange,
  isNumber: (value: unknown) => boolean,
): OptionRule<number> {
  const parse = (value: unknown) =>
    isNumber(value) && isWithin(value as number, range) ? (value as number) : undefined;
  return { kind: 'number', defaultValue, allowed: `${noun} ${inWords(range)}`, parse };
}

function isWithin(value: number, range: NumberRange): boolean {
  const { above = -Infinity, min = -Infinity, below = Infinity, max = Infinity } = range;
  return value > above && value >= min && value < below && value <= max;
}

function inWords({ above, min, below, max }: NumberRange, unit = ''): string {
  if (min !== undefined && max !== undefined) return `from ${min}${unit} to ${max}${unit}`;
  const lower = above === undefined ? `of at least ${min}${unit}` : `above ${above}${unit}`;
  if (below !== undefined) return `${lower} and below ${below}${unit}`;
  return max === undefined ? lower : `${lower} and at most ${max}${unit}`;
}
