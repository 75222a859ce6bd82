import type { Setting } from '../core/definitions.ts';
import type { OptionKind, OptionRule } from '../core/options.ts';
import type { ConfigIssues } from './issues.ts';
import { type ErrorTypes, findByName, type Predicates } from './names.ts';

/** Environment variables: `process.env`, or those of a test. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The entries of a list, which may also be written as text with commas. */
export function wordsIn(value: unknown): readonly string[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : plainText(value).split(',');
  return entries.map((entry) => plainText(entry).trim()).filter((entry) => entry !== '');
}

/** A scalar as text. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return value === undefined ? '' : JSON.stringify(value);
}

/** A value in a message; text is quoted. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : plainText(value);
}

/** What names in configuration files mean. */
export interface NameTables {
  readonly errorTypes: ErrorTypes;
  readonly predicates: Predicates;
}

/** What is needed to read values, and where faults are reported. */
export interface ReadingContext extends NameTables {
  readonly env: Environment;
  readonly issues: ConfigIssues;
}

/** A value with its place, for messages. */
interface Located {
  readonly value: unknown;
  readonly origin: () => string;
}

/** A value as its option uses it; `undefined` if it cannot be used, which is reported. */
export function readSetting(
  property: Located,
  rule: OptionRule<unknown> | undefined,
  context: ReadingContext,
): Setting | undefined {
  const origin = property.origin();
  const filled = fillIn(property, context);
  if (filled === undefined) return undefined;
  if (rule === undefined) return { value: plainText(filled.value), origin };

  const converted = convert(rule, filled.value, context);
  if ('value' in converted) return { value: converted.value, origin };
  context.issues.report({ option: origin, ...converted });
  return undefined;
}

/** A value with its placeholders replaced; `undefined` if one of them has no value, which is reported. */
export function fillIn(
  { value, origin }: Located,
  { env, issues }: Pick<ReadingContext, 'env' | 'issues'>,
): { readonly value: unknown } | undefined {
  const missing: string[] = [];
  const fill = (entry: unknown): unknown => {
    if (Array.isArray(entry)) return entry.map(fill);
    if (typeof entry !== 'string') return entry;
    const filled = fillPlaceholders(entry, env);
    if ('text' in filled) return filled.text;
    missing.push(filled.missing);
    return undefined;
  };
  const filled = fill(value);
  const [name] = missing;
  if (name === undefined) return { value: filled };
  const allowed = `a placeholder with a default, \${${name}:…}, or one with a value in the environment`;
  issues.report({ option: origin(), given: `${quoted(value)}, where ${name} has no value`, allowed });
  return undefined;
}

/** Text with its placeholders replaced, or the name of one that has neither a value nor a default. */
export type Filled = { readonly text: string } | { readonly missing: string };

const innermostPlaceholder = /\$\{([^${}:]+)(?::([^{}]*))?\}/;
const mostReplacements = 100;

/**
 * Replaces Spring's placeholders: `${NAME}` and `${NAME:default}`, where the default may contain placeholders. Names
 * are environment variables; `${customer.wait-time}` also means `CUSTOMER_WAITTIME`, as in Spring.
 */
export function fillPlaceholders(text: string, env: Environment): Filled {
  let filled = text;
  for (let count = 0; count < mostReplacements; count++) {
    const found = innermostPlaceholder.exec(filled);
    if (found === null) return { text: filled };
    const [placeholder, written = '', fallback] = found;
    const name = written.trim();
    const variable = name.replaceAll('-', '').replaceAll('.', '_').toUpperCase();
    const value = env[name] ?? env[variable] ?? fallback;
    if (value === undefined) return { missing: name };
    filled = filled.slice(0, found.index) + value + filled.slice(found.index + placeholder.length);
  }
  return { missing: `${text} (a placeholder that leads back to itself)` };
}

/** A value as its option uses it, or why it cannot be used. */
type Converted = { readonly value: unknown } | { readonly given: string; readonly allowed: string };

/** Reads a value by the kind of its option, where everything may also be text, and parses it by the option's rule. */
function convert(rule: OptionRule<unknown>, value: unknown, names: NameTables): Converted {
  const read = readers[rule.kind](value, names, rule);
  if (!('value' in read)) return read;
  const parsed = rule.parse(read.value);
  return parsed === undefined ? { given: quoted(value), allowed: rule.allowed } : { value: parsed };
}

const readers: Readonly<
  Record<OptionKind, (value: unknown, names: NameTables, rule: OptionRule<unknown>) => Converted>
> = {
  number: (value) => ({ value: numberIn(value) }),
  numbers: (value) => ({ value: wordsIn(value).map(numberIn) }),
  boolean: (value) => ({ value: booleanIn(value) ?? value }),
  duration: (value) => ({ value }),
  choice: (value, _names, rule) => ({ value: choiceIn(plainText(value).trim(), rule) }),
  text: (value) => ({ value: plainText(value).trim() }),
  errorClasses: (value, { errorTypes }) => lookUp(wordsIn(value), 'errorTypes', errorTypes),
  errorPredicate: predicateIn,
  resultPredicate: predicateIn,
  function: (value) => ({ given: quoted(value), allowed: 'nothing in a file, since only code can give a function' }),
};

/** Spring's enums are relaxed like names: `time-based` means `TIME_BASED`. */
function choiceIn(written: string, rule: OptionRule<unknown>): string {
  const upper = written.replaceAll('-', '_').toUpperCase();
  const forms = [upper, written.replaceAll('_', '-').toLowerCase()];
  return forms.find((form) => rule.parse(form) !== undefined) ?? upper;
}

function numberIn(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
}

/** Spring's words for true and false. */
function booleanIn(value: unknown): boolean | undefined {
  const word = plainText(value).trim().toLowerCase();
  if (['true', 'on', 'yes', '1'].includes(word)) return true;
  return ['false', 'off', 'no', '0'].includes(word) ? false : undefined;
}

function predicateIn(value: unknown, { predicates }: NameTables): Converted {
  const found = lookUp([plainText(value).trim()], 'predicates', predicates);
  return 'value' in found ? { value: found.value[0] } : found;
}

function lookUp<T>(
  names: readonly string[],
  tableName: keyof NameTables,
  table: Readonly<Record<string, T>>,
): { readonly value: readonly (T | undefined)[] } | Exclude<Converted, { readonly value: unknown }> {
  const unknown = names.filter((name) => findByName(name, table) === undefined);
  if (unknown.length === 0) return { value: names.map((name) => findByName(name, table)) };
  const known = Object.keys(table).join(', ');
  const allowed = `a name registered in ${tableName}${known === '' ? ', which is empty' : `: ${known}`}`;
  return { given: `${unknown.map(quoted).join(', ')}, which is not registered`, allowed };
}
