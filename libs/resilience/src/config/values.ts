import type { Setting } from '../core/definitions.ts';
import type { OptionKind, OptionRule } from '../core/options.ts';
import type { ConfigIssues } from './issues.ts';
import { classWithoutCounterpart, isJavaClassName, type NameLookup } from './names.ts';
import { fillPlaceholders, type Lookup } from './placeholders.ts';

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

/** What is needed to read values, and where faults are reported. */
export interface ReadingContext {
  readonly names: NameLookup;
  /** The values of placeholders. */
  readonly lookup: Lookup;
  readonly issues: ConfigIssues;
}

/** A value with its place, for messages. */
interface Located {
  readonly value: unknown;
  readonly origin: () => string;
}

/**
 * A value as its option uses it; `undefined` if it cannot be used, which is reported.
 *
 * @param option the option of the policy, and its rule if it has one
 */
export function readSetting(
  property: Located,
  option: { readonly name: string; readonly rule: OptionRule<unknown> | undefined },
  context: ReadingContext,
): Setting | undefined {
  const origin = property.origin();
  const filled = fillIn(property, context);
  if (filled === undefined) return undefined;
  const { name, rule } = option;
  if (rule === undefined) return { value: plainText(filled.value), origin };

  const converted = convert({ name, rule, origin }, filled.value, context);
  if (converted === undefined) return undefined;
  if ('value' in converted) return { value: converted.value, origin };
  context.issues.report({ option: origin, ...converted });
  return undefined;
}

/** A value with its placeholders replaced; `undefined` if one of them has no value, which is reported. */
export function fillIn(
  { value, origin }: Located,
  { lookup, issues }: Pick<ReadingContext, 'lookup' | 'issues'>,
): { readonly value: unknown } | undefined {
  const faults: { readonly given: string; readonly allowed: string }[] = [];
  const fill = (entry: unknown): unknown => {
    if (Array.isArray(entry)) return entry.map(fill);
    if (typeof entry !== 'string') return entry;
    const filled = fillPlaceholders(entry, lookup);
    if ('text' in filled) return filled.text;
    faults.push(
      'circle' in filled
        ? {
            given: `${quoted(value)}, whose placeholders form a circle (${filled.circle.join(' → ')})`,
            allowed: 'placeholders that lead to a value',
          }
        : {
            given: `${quoted(value)}, where ${filled.missing} has no value`,
            allowed: `a placeholder with a default, \${${filled.missing}:…}, or one with a value in the environment or in a file`,
          },
    );
    return undefined;
  };
  const filled = fill(value);
  const [fault] = faults;
  if (fault === undefined) return { value: filled };
  issues.report({ option: origin(), ...fault });
  return undefined;
}

/** A value as its option uses it, or why it cannot be used. */
type Converted = { readonly value: unknown } | { readonly given: string; readonly allowed: string };

/** The option that a value is read for. */
interface ReadOption {
  readonly name: string;
  readonly rule: OptionRule<unknown>;
  readonly origin: string;
}

type Reader = (value: unknown, option: ReadOption, context: ReadingContext) => Converted | undefined;

/**
 * Reads a value by the kind of its option, where everything may also be text, and parses it by the option's rule.
 * `undefined` if the value has no effect here, which is reported.
 */
function convert(option: ReadOption, value: unknown, context: ReadingContext): Converted | undefined {
  const read = readers[option.rule.kind](value, option, context);
  if (read === undefined || !('value' in read)) return read;
  const parsed = option.rule.parse(read.value);
  return parsed === undefined ? { given: quoted(value), allowed: option.rule.allowed } : { value: parsed };
}

const readers: Readonly<Record<OptionKind, Reader>> = {
  number: (value) => ({ value: numberIn(value) }),
  numbers: (value) => ({ value: wordsIn(value).map(numberIn) }),
  boolean: (value) => ({ value: booleanIn(value) ?? value }),
  duration: (value) => ({ value }),
  choice: (value, { rule }) => ({ value: choiceIn(plainText(value).trim(), rule) }),
  text: (value) => ({ value: plainText(value).trim() }),
  texts: (value) => ({ value: wordsIn(value) }),
  errorClasses: errorClassesIn,
  errorPredicate: predicateIn,
  resultPredicate: predicateIn,
  function: functionIn,
};

/** The kinds of options whose value is a list. */
export const isList = ({ kind }: OptionRule<unknown>): boolean => ['numbers', 'texts', 'errorClasses'].includes(kind);

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

/** A Java class without a counterpart matches no error, as in an application of Spring that never throws it. */
function errorClassesIn(value: unknown, { origin }: ReadOption, { names, issues }: ReadingContext): Converted {
  const written = wordsIn(value);
  const unknown = written.filter((name) => names.errorType(name) === undefined);
  const mistyped = unknown.filter((name) => !isJavaClassName(name));
  if (mistyped.length > 0) return notRegistered(mistyped, 'errorTypes', names);
  for (const name of unknown) issues.noCounterpart(name, origin, 'no error matches it', inTable('errorTypes'));
  return { value: written.map((name) => names.errorType(name) ?? classWithoutCounterpart(name)) };
}

/** A Java class without a counterpart has no effect. */
function predicateIn(
  value: unknown,
  { name: option, rule, origin }: ReadOption,
  { names, issues }: ReadingContext,
): Converted | undefined {
  const name = plainText(value).trim();
  const predicate = names.predicate(name, option, rule.kind);
  if (predicate !== undefined) return { value: predicate };
  if (!isJavaClassName(name)) return notRegistered([name], 'predicates', names);
  issues.noCounterpart(name, origin, 'the option is not set', inTable('predicates'));
  return undefined;
}

/** Only code can give a function; a Java class has no effect. */
function functionIn(value: unknown, { origin }: ReadOption, { issues }: ReadingContext): Converted | undefined {
  const name = plainText(value).trim();
  if (!isJavaClassName(name)) {
    return { given: quoted(value), allowed: 'nothing in a file, since only code can give a function' };
  }
  issues.noCounterpart(name, origin, 'the option is not set', 'only code can give a function');
  return undefined;
}

const inTable = (table: keyof NameLookup['registered']): string => `${table} can register a counterpart`;

function notRegistered(
  unknown: readonly string[],
  tableName: keyof NameLookup['registered'],
  { registered }: NameLookup,
): Converted {
  const known = registered[tableName].join(', ');
  const allowed = `a name registered in ${tableName}${known === '' ? ', which is empty' : `: ${known}`}`;
  return { given: `${unknown.map(quoted).join(', ')}, which is not registered`, allowed };
}
