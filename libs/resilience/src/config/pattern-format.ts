import type { OptionRule } from '../core/options.ts';
import type { Findings } from './findings.ts';
import type { Settings } from './settings.ts';

/** How one pattern is written in configuration files: all that the readers need to know about it. */
export interface PatternFormat {
  /** Its section below `resilience4j`. */
  readonly section: string;
  /** Its options, and what Spring has beside them, with the kind and the limits of each. */
  readonly rules: Readonly<Record<string, OptionRule<unknown>>>;
  /** Those of the rules that are no options of the policy, but say something to others about an instance. */
  readonly extras: readonly string[];
  /** Spring's other names of options. */
  readonly aliases: Readonly<Record<string, string>>;
  /** What Resilience4j knows in a definition, and what means nothing here. */
  readonly meaninglessOptions: readonly string[];
  /** What Resilience4j knows beside `configs` and `instances`, and what means nothing here. */
  readonly meaninglessKeys: readonly string[];
  /**
   * Turns what Spring has beside the options into options.
   *
   * @param own what the definition itself sets
   * @param resolved the same with all that it builds on
   * @returns what the definition itself sets, options only
   */
  toOptions(own: Settings, resolved: Settings, findings: Findings): Settings;
}

/** The option that names the configuration a definition builds on. Every pattern has it. */
export const baseConfigOption = 'baseConfig';

/** Every name that a definition may hold, Spring's included. */
export function optionNames({ rules, aliases }: PatternFormat): readonly string[] {
  return [baseConfigOption, ...Object.keys(rules), ...Object.keys(aliases)];
}
