import type { OptionKind, OptionRule } from '../core/options.ts';
import { type ErrorTypes, findByName, type Predicates } from './known-names.ts';
import { plainText, quoted, wordsIn } from './words.ts';

/** What the names in a configuration file stand for. */
export interface NameTables {
  readonly errorTypes: ErrorTypes;
  readonly predicates: Predicates;
}

/** A value as the option takes it, or what is wrong with it. */
export type Converted = { readonly value: unknown } | { readonly given: string; readonly allowed: string };

/** How each kind of option is written in a file or an environment variable, where everything may also be text. */
const readers: Readonly<
  Record<OptionKind, (value: unknown, names: NameTables, rule: OptionRule<unknown>) => Converted>
> = {
  number: (value) => ({ value: numberIn(value) }),
  numbers: (value) => ({ value: wordsIn(value).map(numberIn) }),
  boolean: (value) => ({ value: truthIn(value) ?? value }),
  duration: (value) => ({ value }),
  choice: (value, _names, rule) => ({ value: wordMeant(plainText(value).trim(), rule) }),
  text: (value) => ({ value: plainText(value).trim() }),
  errorClasses: (value, { errorTypes }) => {
    const names = wordsIn(value);
    const unknown = names.filter((name) => findByName(name, errorTypes) === undefined);
    if (unknown.length > 0) return unresolved(unknown, 'errorTypes', errorTypes);
    return { value: names.map((name) => findByName(name, errorTypes)) };
  },
  errorPredicate: (value, { predicates }) => predicateIn(value, predicates),
  resultPredicate: (value, { predicates }) => predicateIn(value, predicates),
  function: (value) => ({ given: quoted(value), allowed: 'nothing in a file, since only code can give a function' }),
};

/** Reads a value by the kind of its option and checks it by the option's own rule. */
export function convert(rule: OptionRule<unknown>, value: unknown, names: NameTables): Converted {
  const read = readers[rule.kind](value, names, rule);
  if (!('value' in read)) return read;
  const parsed = rule.parse(read.value);
  return parsed === undefined ? { given: quoted(value), allowed: rule.allowed } : { value: parsed };
}

/** Spring's enums are relaxed as names are: `time-based` means `TIME_BASED`. */
function wordMeant(written: string, rule: OptionRule<unknown>): string {
  const upper = written.replaceAll('-', '_').toUpperCase();
  const forms = [upper, written.replaceAll('_', '-').toLowerCase()];
  return forms.find((form) => rule.parse(form) !== undefined) ?? upper;
}

function numberIn(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
}

/** Spring's words for true and false. */
function truthIn(value: unknown): boolean | undefined {
  const word = plainText(value).trim().toLowerCase();
  if (['true', 'on', 'yes', '1'].includes(word)) return true;
  return ['false', 'off', 'no', '0'].includes(word) ? false : undefined;
}

function predicateIn(value: unknown, predicates: Predicates): Converted {
  const name = plainText(value).trim();
  const predicate = findByName(name, predicates);
  return predicate === undefined ? unresolved([name], 'predicates', predicates) : { value: predicate };
}

function unresolved(names: readonly string[], table: keyof NameTables, known: object): Converted {
  const list = Object.keys(known).join(', ');
  const allowed = `a name registered in ${table}${list === '' ? ', which is empty' : `: ${list}`}`;
  return { given: `${names.map(quoted).join(', ')}, which stands for nothing`, allowed };
}
