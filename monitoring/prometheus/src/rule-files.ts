import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A recording rule or an alert, as Prometheus reads it. */
export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

export const prometheusFolder = new URL('../', import.meta.url);

/** The rules of a file of `rules/`. */
export function rulesOf(name: 'recording' | 'alerts'): readonly Rule[] {
  const text = readFileSync(new URL(`rules/${name}.yml`, prometheusFolder), 'utf8');
  return (parse(text) as RuleFile).groups.flatMap(({ rules }) => rules);
}
