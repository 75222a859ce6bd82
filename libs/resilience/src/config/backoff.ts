import { IntervalFunction, type Random } from '../core/interval-function.ts';
import { duration, flag, optional, type OptionRule, type OptionRules, replacing } from '../core/options.ts';
import type { Findings } from './findings.ts';
import type { Settings } from './settings.ts';

type Rules = Readonly<Record<string, OptionRule<unknown>>>;

/** What a pattern calls the parts of a wait that may grow and be randomized, and what it allows. */
export interface Backoff {
  /** The option that holds a constant wait. */
  readonly wait: string;
  /** The options that hold a function instead; the first is what Spring's properties are turned into. */
  readonly functions: readonly [string, ...string[]];
  /** Spring's property for the cap of an exponential wait. */
  readonly maxWait: keyof MaxWaitProperties;
  /** The wait when none is given. */
  readonly defaultWaitMs: number;
  /** Whether a wait may be exponential and randomized at once. */
  readonly mayCombine: boolean;
}

/** Spring's properties for a wait that grows or is randomized, as far as every pattern calls them the same. */
interface BackoffProperties {
  /** Lets the wait grow with each time, from the constant one. Not together with an interval function. */
  readonly enableExponentialBackoff: boolean;
  /** How many times the wait before a wait is. Above 0; needs `enableExponentialBackoff`. */
  readonly exponentialBackoffMultiplier: number | undefined;
  /** Draws the wait at random around the one that it would be. Not together with an interval function. */
  readonly enableRandomizedWait: boolean;
  /** How far around: as a share of the wait, up and down. At least 0 and below 1; needs `enableRandomizedWait`. */
  readonly randomizedWaitFactor: number | undefined;
}

/** What each pattern has its own word for. */
interface MaxWaitProperties {
  /** What the growing wait ends at. At least 1 ms; needs `enableExponentialBackoff`. */
  readonly exponentialMaxWaitDuration: number | undefined;
  /** What the growing wait in OPEN ends at. At least 1 ms; needs `enableExponentialBackoff`. */
  readonly exponentialMaxWaitDurationInOpenState: number | undefined;
}

/** The rules of a pattern, with those of Spring's properties from which Resilience4j makes its interval functions. */
export function withBackoffRules(rules: Rules, { functions, maxWait }: Backoff): Rules {
  const enabling = ['enableExponentialBackoff', 'enableRandomizedWait'];
  const replaced = functions.map((option): [string, OptionRule<unknown>] => {
    const rule = rules[option]!;
    return [option, replacing(rule, [...(rule.replaces ?? []), ...enabling])];
  });
  const properties: OptionRules<BackoffProperties> = {
    enableExponentialBackoff: replacing(flag(false), functions),
    exponentialBackoffMultiplier: decimal('a number above 0', (value) => value > 0),
    enableRandomizedWait: replacing(flag(false), functions),
    randomizedWaitFactor: decimal('a number of at least 0 and below 1', (value) => value >= 0 && value < 1),
  };
  const longest = { [maxWait]: optional(duration(1, { min: 1 })) };
  return { ...rules, ...Object.fromEntries(replaced), ...properties, ...longest };
}

/**
 * Puts a wait or an interval function in the place of Spring's properties.
 *
 * The properties work together wherever in a chain of base configurations each is set: a definition that sets any of
 * them gets the wait which the whole chain describes, and one that sets none inherits it. (Resilience4j itself leaves
 * the backoff out when the definition that enables it does not repeat the wait, and the cap and the factor when the
 * multiplier is not given.)
 *
 * @param own what the definition itself sets
 * @param resolved the same with all that it builds on
 * @param rules those of the pattern
 */
export function withBackoff(
  own: Settings,
  resolved: Settings,
  findings: Findings,
  random: Random,
  { backoff, rules }: { readonly backoff: Backoff; readonly rules: Rules },
): Settings {
  const properties = [backoff.wait, ...springProperties(backoff)];
  const others = Object.fromEntries(Object.entries(own).filter(([option]) => !properties.includes(option)));
  const origin = properties.map((property) => own[property]?.origin).find((found) => found !== undefined);
  if (origin === undefined || backoff.functions.some((option) => resolved[option] !== undefined)) return others;

  const { enableExponentialBackoff: exponential, enableRandomizedWait: randomized } = resolved;
  if (!backoff.mayCombine && exponential?.value === true && randomized?.value === true) {
    const allowed = 'only one of the two, since each says how long to wait';
    findings.fault(randomized.origin, `true beside ${exponential.origin}`, allowed);
    return others;
  }
  const enabled = [exponential, randomized].find((setting) => setting?.value === true);
  const given = resolved[backoff.wait]?.value ?? backoff.defaultWaitMs;
  const waitMs = rules[backoff.wait]?.parse(given) as number | undefined;
  // What cannot be understood comes from code; the registry will say so.
  if (waitMs === undefined || enabled === undefined) {
    return { ...others, [backoff.wait]: { value: waitMs ?? given, origin } };
  }
  if (waitMs < 1) {
    const place = resolved[backoff.wait]?.origin ?? origin;
    findings.fault(place, `${waitMs} ms beside ${enabled.origin}`, 'at least 1 ms, since nothing grows from less');
    return others;
  }
  return { ...others, [backoff.functions[0]]: { value: intervalFunction(waitMs, resolved, backoff, random), origin } };
}

function springProperties({ maxWait }: Backoff): readonly (keyof BackoffProperties | keyof MaxWaitProperties)[] {
  return [
    'enableExponentialBackoff',
    'exponentialBackoffMultiplier',
    maxWait,
    'enableRandomizedWait',
    'randomizedWaitFactor',
  ];
}

function intervalFunction(waitMs: number, resolved: Settings, { maxWait }: Backoff, random: Random): IntervalFunction {
  const numberOf = (property: string) => resolved[property]?.value as number | undefined;
  const multiplier = numberOf('exponentialBackoffMultiplier');
  const factor = numberOf('randomizedWaitFactor');
  const isRandomized = resolved['enableRandomizedWait']?.value === true;
  if (resolved['enableExponentialBackoff']?.value !== true)
    return IntervalFunction.ofRandomized(waitMs, factor, random);
  return isRandomized
    ? IntervalFunction.ofExponentialRandomBackoff(waitMs, multiplier, factor, numberOf(maxWait), random)
    : IntervalFunction.ofExponentialBackoff(waitMs, multiplier, numberOf(maxWait));
}

function decimal(allowed: string, isAllowed: (value: number) => boolean): OptionRule<number | undefined> {
  const parse = (value: unknown) =>
    typeof value === 'number' && Number.isFinite(value) && isAllowed(value) ? value : undefined;
  return { kind: 'number', defaultValue: undefined, allowed, parse };
}
