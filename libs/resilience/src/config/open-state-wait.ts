import { circuitBreakerOptionRules } from '../core/circuit-breaker/circuit-breaker.options.ts';
import { IntervalFunction, type Random } from '../core/interval-function.ts';
import { duration, flag, optional, type OptionRule, replacing } from '../core/options.ts';
import type { Findings } from './findings.ts';
import type { Settings } from './layer.ts';

/** Spring's properties from which Resilience4j makes the interval function of OPEN. */
export const openStateWaitRules: Readonly<Record<string, OptionRule<unknown>>> = {
  enableExponentialBackoff: replacing(flag(false), ['waitIntervalFunctionInOpenState']),
  exponentialBackoffMultiplier: decimal('a number above 0', (value) => value > 0),
  exponentialMaxWaitDurationInOpenState: optional(duration(1, { min: 1 })),
  enableRandomizedWait: replacing(flag(false), ['waitIntervalFunctionInOpenState']),
  randomizedWaitFactor: decimal('a number of at least 0 and below 1', (value) => value >= 0 && value < 1),
};

const waitProperties = ['waitDurationInOpenState', ...Object.keys(openStateWaitRules)];
const defaultWaitMs = 60_000;

/**
 * Puts `waitDurationInOpenState` or `waitIntervalFunctionInOpenState` in the place of Spring's properties.
 *
 * The properties work together wherever in a chain of base configurations each is set: a definition that sets any of
 * them gets the wait which the whole chain describes, and one that sets none inherits it. (Resilience4j itself leaves
 * the backoff out when the definition that enables it does not repeat `waitDurationInOpenState`.)
 *
 * @param own what the definition itself sets
 * @param resolved the same with all that it builds on
 */
export function withOpenStateWait(own: Settings, resolved: Settings, findings: Findings, random: Random): Settings {
  const others = Object.fromEntries(Object.entries(own).filter(([option]) => !waitProperties.includes(option)));
  const origin = waitProperties.map((property) => own[property]?.origin).find((found) => found !== undefined);
  if (origin === undefined || resolved['waitIntervalFunctionInOpenState'] !== undefined) return others;

  const { enableExponentialBackoff: exponential, enableRandomizedWait: randomized } = resolved;
  if (exponential?.value === true && randomized?.value === true) {
    const allowed = 'only one of the two, since each says how long OPEN lasts';
    findings.fault(randomized.origin, `true beside ${exponential.origin}`, allowed);
    return others;
  }
  const { option, value } = openStateWait(resolved, random);
  return { ...others, [option]: { value, origin } };
}

function openStateWait(resolved: Settings, random: Random): { readonly option: string; readonly value: unknown } {
  const given = resolved['waitDurationInOpenState']?.value ?? defaultWaitMs;
  const waitMs = circuitBreakerOptionRules.waitDurationInOpenState.parse(given);
  // What cannot be understood comes from code; the registry will say so.
  if (waitMs === undefined) return { option: 'waitDurationInOpenState', value: given };

  const numberOf = (property: string) => resolved[property]?.value as number | undefined;
  const option = 'waitIntervalFunctionInOpenState';
  if (resolved['enableExponentialBackoff']?.value === true) {
    const multiplier = numberOf('exponentialBackoffMultiplier');
    const maxWaitMs = numberOf('exponentialMaxWaitDurationInOpenState');
    return { option, value: IntervalFunction.ofExponentialBackoff(waitMs, multiplier, maxWaitMs) };
  }
  if (resolved['enableRandomizedWait']?.value === true) {
    return { option, value: IntervalFunction.ofRandomized(waitMs, numberOf('randomizedWaitFactor'), random) };
  }
  return { option: 'waitDurationInOpenState', value: waitMs };
}

function decimal(allowed: string, isAllowed: (value: number) => boolean): OptionRule<number | undefined> {
  const parse = (value: unknown) =>
    typeof value === 'number' && Number.isFinite(value) && isAllowed(value) ? value : undefined;
  return { kind: 'number', defaultValue: undefined, allowed, parse };
}
