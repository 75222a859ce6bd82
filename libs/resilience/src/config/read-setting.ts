import type { Findings } from './findings.ts';
import type { Setting } from './settings.ts';
import { baseConfigOption, type PatternFormat } from './pattern-format.ts';
import { type Environment, fillPlaceholders } from './placeholders.ts';
import type { Property } from './property.ts';
import { convert, type NameTables } from './value-conversion.ts';
import { plainText, quoted } from './words.ts';

/** What values are read with, and where to say what is wrong with them. */
export interface ReadingContext extends NameTables {
  readonly env: Environment;
  readonly findings: Findings;
}

/** The value of an option as the option takes it; `undefined` when it cannot be used, which is then told. */
export function readSetting(
  { value, origin }: Property,
  option: string,
  { rules }: PatternFormat,
  { env, findings, ...names }: ReadingContext,
): Setting | undefined {
  const filled = fillIn({ value, origin }, env, findings);
  if (filled === undefined) return undefined;
  const rule = rules[option];
  if (option === baseConfigOption || rule === undefined) return { value: plainText(filled.value), origin: origin() };

  const converted = convert(rule, filled.value, names);
  if ('value' in converted) return { value: converted.value, origin: origin() };
  findings.fault(origin(), converted.given, converted.allowed);
  return undefined;
}

/** A value with its placeholders replaced; `undefined` when one cannot be, which is then told. */
export function fillIn(
  { value, origin }: Pick<Property, 'value' | 'origin'>,
  env: Environment,
  findings: Findings,
): { readonly value: unknown } | undefined {
  const filled = withoutPlaceholders(value, env);
  if ('value' in filled) return filled;
  const allowed = `a placeholder with a default, \${${filled.missing}:…}, or one that the environment has a value for`;
  findings.fault(origin(), `${quoted(value)}, where ${filled.missing} has no value`, allowed);
  return undefined;
}

type Filled = { readonly value: unknown } | { readonly missing: string };

function withoutPlaceholders(value: unknown, env: Environment): Filled {
  if (Array.isArray(value)) {
    const entries = value.map((entry: unknown) => withoutPlaceholders(entry, env));
    const missing = entries.find((entry) => 'missing' in entry);
    return missing ?? { value: entries.map((entry) => ('value' in entry ? entry.value : undefined)) };
  }
  if (typeof value !== 'string') return { value };
  const filled = fillPlaceholders(value, env);
  return 'text' in filled ? { value: filled.text } : filled;
}
