import { baseConfigOption, type Group } from '../core/definitions.ts';
import { flag, type OptionRule, type OptionRules, type OptionSchema } from '../core/options.ts';
import type { BackoffOptions, PolicyTable } from '../core/policy-definition.ts';
import { backoffRules } from './backoff.ts';
import { relaxed } from './names.ts';

/** Spring's options of an instance for its health indicator, which are no options of the policy. */
export interface HealthOptions {
  /** Whether the details of health include the instance. False by default, as in Resilience4j. */
  readonly registerHealthIndicator: boolean;
  /** Whether health fails while the instance refuses calls. False by default, as in Resilience4j. */
  readonly allowHealthIndicatorToFail: boolean;
}

export const healthRules: { readonly [K in keyof HealthOptions]: OptionRule<boolean> } = {
  registerHealthIndicator: flag(false),
  allowHealthIndicatorToFail: flag(false),
};

/** How the definitions of a policy are written in files and environment variables. */
export interface SectionFormat {
  /** Which policy, e.g. `circuitBreaker`. */
  readonly kind: string;
  /** The policy in messages and names of types, e.g. `CircuitBreaker`. */
  readonly label: string;
  /** The policy in documentation, e.g. `Circuit breaker`. */
  readonly title: string;
  /** Its section below `resilience4j`, e.g. `circuitbreaker`. */
  readonly section: string;
  readonly schema: OptionSchema<object>;
  /** The rules of its options and of what only files have. */
  readonly rules: OptionRules;
  /** The keys of a definition, including aliases. */
  readonly keys: readonly string[];
  /** Spring's other names of options. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly backoff: BackoffOptions | undefined;
  /** Keys of Resilience4j in a definition that have no effect here. */
  readonly meaninglessOptions: readonly string[];
  /** Keys of Resilience4j next to `configs` and `instances` that have no effect here. */
  readonly meaninglessKeys: readonly string[];
}

/** The formats of all policies. Policies that Resilience4j does not have are written like its own. */
export function sectionFormats(table: PolicyTable): readonly SectionFormat[] {
  return table.map(({ kind, label, title, section, options: schema, file = {} }) => {
    const { aliases = {}, backoff, hasHealthIndicator = false, meaninglessOptions = [], meaninglessKeys = [] } = file;
    const rules = {
      ...schema.rules,
      ...(hasHealthIndicator ? healthRules : {}),
      ...(backoff === undefined ? {} : backoffRules(schema.rules, backoff)),
    };
    const keys = [baseConfigOption, ...Object.keys(rules), ...Object.keys(aliases)];
    return { kind, label, title, section, schema, rules, keys, aliases, backoff, meaninglessOptions, meaninglessKeys };
  });
}

/** The section of pipelines below `resilience4j`. */
export const pipelinesSection = 'pipelines';

/** The keys of the groups; `backends` and `limiters` are former names of `instances` in Resilience4j. */
const groupsByKey: Readonly<Record<string, Group>> = {
  configs: 'configs',
  instances: 'instances',
  backends: 'instances',
  limiters: 'instances',
};

export const groupKeys: readonly string[] = Object.keys(groupsByKey);

export function findGroup(written: string): Group | undefined {
  return Object.entries(groupsByKey).find(([key]) => relaxed(key) === relaxed(written))?.[1];
}
