import type { Setting, Settings } from '../core/definitions.ts';
import {
  defaultMultiplier,
  defaultRandomizationFactor,
  IntervalFunction,
  type Random,
} from '../core/interval-function.ts';
import { decimal, duration, flag, optional, type OptionRule, type OptionRules, replacing } from '../core/options.ts';
import type { BackoffOptions } from '../core/policy-definition.ts';
import type { ConfigIssues } from './issues.ts';

/** Spring's properties for exponential or randomized back-off that have the same name for all policies. */
interface BackoffProperties {
  /** Makes each wait longer than the previous one, starting with the constant wait. Not with an interval function. */
  readonly enableExponentialBackoff: boolean;
  /** The factor from one wait to the next. Above 0; needs `enableExponentialBackoff`. */
  readonly exponentialBackoffMultiplier: number;
  /** Randomizes each wait. Not with an interval function. */
  readonly enableRandomizedWait: boolean;
  /** The largest deviation, as a share of the wait. At least 0 and below 1; needs `enableRandomizedWait`. */
  readonly randomizedWaitFactor: number;
}

/** Spring's properties whose name differs between policies. */
interface MaxWaitProperties {
  /** The upper bound of a growing wait. At least 1 ms; needs `enableExponentialBackoff`. */
  readonly exponentialMaxWaitDuration: number | undefined;
  /** The upper bound of a growing wait in OPEN. At least 1 ms; needs `enableExponentialBackoff`. */
  readonly exponentialMaxWaitDurationInOpenState: number | undefined;
}

/** The rules of Spring's properties, and those of the interval functions that are made of them. */
export function backoffRules(rules: OptionRules, { functions, maxWait }: BackoffOptions): OptionRules {
  const enabling = ['enableExponentialBackoff', 'enableRandomizedWait'];
  const properties: { readonly [K in keyof BackoffProperties]: OptionRule<BackoffProperties[K]> } = {
    enableExponentialBackoff: replacing(flag(false), functions),
    exponentialBackoffMultiplier: decimal(defaultMultiplier, { above: 0 }),
    enableRandomizedWait: replacing(flag(false), functions),
    randomizedWaitFactor: decimal(defaultRandomizationFactor, { min: 0, below: 1 }),
  };
  const maxWaits: { readonly [K in keyof MaxWaitProperties]?: OptionRule<MaxWaitProperties[K]> } = {
    [maxWait]: optional(duration(1, { min: 1 })),
  };
  const replaced = functions.map((option) => [option, replacing(rules[option]!, enabling)] as const);
  return { ...Object.fromEntries(replaced), ...properties, ...maxWaits };
}

/**
 * Replaces Spring's properties by a wait or an interval function.
 *
 * The properties apply together, wherever in a chain of base configurations each of them is set: a definition that sets
 * one of them gets the wait that the whole chain describes, and one that sets none inherits it. (Resilience4j ignores
 * the back-off if the definition that enables it does not repeat the wait, and the maximum and the factor if it does
 * not set the multiplier.)
 *
 * @param own the settings of the definition
 * @param resolved the settings with those of its base configurations
 */
export function withBackoff(
  own: Settings,
  resolved: Settings,
  { rules, backoff }: { readonly rules: OptionRules; readonly backoff: BackoffOptions },
  { issues, random }: { readonly issues: ConfigIssues; readonly random: Random },
): Settings {
  const { wait, functions, maxWait, mayCombine } = backoff;
  const springProperties = ['exponentialBackoffMultiplier', 'randomizedWaitFactor', maxWait];
  const properties = [wait, 'enableExponentialBackoff', 'enableRandomizedWait', ...springProperties];
  const others = Object.fromEntries(Object.entries(own).filter(([option]) => !properties.includes(option)));
  const origin = properties.map((property) => own[property]?.origin).find((found) => found !== undefined);
  if (origin === undefined || functions.some((option) => resolved[option] !== undefined)) return others;

  const exponential = enabledIn(resolved, 'enableExponentialBackoff');
  const randomized = enabledIn(resolved, 'enableRandomizedWait');
  if (!mayCombine && exponential !== undefined && randomized !== undefined) {
    const given = `true together with ${exponential.origin}`;
    issues.report({ option: randomized.origin, given, allowed: 'only one of the two' });
    return others;
  }
  const waitMs = (resolved[wait]?.value ?? rules[wait]!.defaultValue) as number;
  const enabled = exponential ?? randomized;
  if (enabled === undefined) return { ...others, [wait]: { value: waitMs, origin } };
  if (waitMs < 1) {
    const given = `${waitMs} ms together with ${enabled.origin}`;
    issues.report({ option: resolved[wait]?.origin ?? origin, given, allowed: 'at least 1 ms' });
    return others;
  }
  const numberOf = (property: string) => resolved[property]?.value as number | undefined;
  const [multiplier, factor, maxMs] = springProperties.map(numberOf);
  const value =
    exponential === undefined
      ? IntervalFunction.ofRandomized(waitMs, factor, random)
      : randomized === undefined
        ? IntervalFunction.ofExponentialBackoff(waitMs, multiplier, maxMs)
        : IntervalFunction.ofExponentialRandomBackoff(waitMs, multiplier, factor, maxMs, random);
  return { ...others, [functions[0]]: { value, origin } };
}

function enabledIn(settings: Settings, property: keyof BackoffProperties): Setting | undefined {
  return settings[property]?.value === true ? settings[property] : undefined;
}
