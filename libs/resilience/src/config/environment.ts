import type { Group } from '../core/definitions.ts';
import type { ConfigIssues } from './issues.ts';
import { findRelaxed, nearestRelaxed, relaxed } from './names.ts';
import type { Environment } from './placeholders.ts';
import { findGroup, pipelinesSection, type SectionFormat } from './section-format.ts';
import { isIndex, joinLists, keysIn, type Property } from './sources.ts';
import { isList } from './values.ts';

const variablePrefix = 'RESILIENCE4J_';

/** That of a variable with the name of a property, `resilience4j.retry.…`, which containers can have. */
const dottedPrefix = 'RESILIENCE4J.';

/** The names that files and code define. */
export interface KnownNames {
  of(format: SectionFormat, group: Group): readonly string[];
  readonly pipelines: readonly string[];
}

/**
 * The properties that environment variables set, in Spring's relaxed form:
 * `RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE`, and `…_RETRYEXCEPTIONS_0` for an entry of a list.
 * The name and the option may contain underscores, also for the dots and dashes of a known name. A variable may also
 * have the name of a property, with dots.
 */
export function propertiesInEnvironment(
  env: Environment,
  formats: readonly SectionFormat[],
  knownNames: KnownNames,
  issues: ConfigIssues,
): readonly Property[] {
  const properties = Object.entries(env).flatMap(([variable, value]) => {
    if (value === undefined) return [];
    const start = variable.slice(0, variablePrefix.length).toUpperCase();
    if (start === dottedPrefix) return [{ path: keysIn(variable).slice(1), value, origin: () => variable }];
    if (start !== variablePrefix) return [];
    const path = pathOf(variable, formats, knownNames, issues);
    return path === undefined ? [] : [{ path, value, origin: () => variable }];
  });
  return joinLists(properties, issues);
}

function pathOf(
  variable: string,
  formats: readonly SectionFormat[],
  knownNames: KnownNames,
  issues: ConfigIssues,
): readonly string[] | undefined {
  const words = variable.slice(variablePrefix.length).split('_');
  const others = words.slice(1);
  if (relaxed(words[0]!) === pipelinesSection && others.length > 0) {
    const meant = oneOf(variable, pipelinesMeant(others, knownNames.pipelines), issues);
    return meant && [pipelinesSection, ...meant];
  }
  const groupAt = words.findIndex((word) => findGroup(word) !== undefined);
  const groupKey = words[groupAt];
  const section = words.slice(0, groupAt).join('');
  const format = formats.find((candidate) => relaxed(candidate.section) === relaxed(section));
  if (format === undefined || groupKey === undefined) return words;

  const rest = words.slice(groupAt + 1);
  const names = knownNames.of(format, findGroup(groupKey)!);
  const meant = settingsMeant(rest, names, format);
  if (meant.length === 0 && isWithoutEffect(rest, names, format)) issues.ignore(variable);
  else if (meant.length === 0) reportUnknownOption(variable, rest, names, format, issues);
  const found = oneOf(variable, meant, issues);
  return found && [section, groupKey, ...found];
}

/** What a variable may mean: a name, an option (except for a pipeline), and the index of an entry of a list. */
type Meaning = readonly string[];

function oneOf(variable: string, meanings: readonly Meaning[], issues: ConfigIssues): Meaning | undefined {
  if (meanings.length > 1) {
    const given = `ambiguous, since it means ${meanings.map((meaning) => meaning.join('.')).join(' or ')}`;
    issues.report({ option: variable, given, allowed: 'a variable that means one of them, or the option in a file' });
    return undefined;
  }
  return meanings[0];
}

function pipelinesMeant(words: readonly string[], names: readonly string[]): readonly Meaning[] {
  const meanings = [words, ...withoutIndex(words)].flatMap((ofName) =>
    namesMeant(ofName.join('_'), names).map((name) => [name, ...words.slice(ofName.length)]),
  );
  if (meanings.length > 0) return meanings;
  const [ofName = words] = withoutIndex(words);
  return [[ofName.join('_').toLowerCase(), ...words.slice(ofName.length)]];
}

/** The words before the index of an entry of a list, if there is one. */
function withoutIndex(words: readonly string[]): readonly (readonly string[])[] {
  return words.length > 1 && isIndex(words.at(-1)!) ? [words.slice(0, -1)] : [];
}

/** Splits words into name and option: after a known name if possible, otherwise before the longest known option. */
function settingsMeant(words: readonly string[], names: readonly string[], format: SectionFormat): readonly Meaning[] {
  const splits = words.flatMap((_, at) => {
    const name = words.slice(0, at + 1).join('_');
    const option = optionIn(words.slice(at + 1), format);
    return option === undefined ? [] : [{ name, option }];
  });
  const known = splits.flatMap(({ name, option }) => namesMeant(name, names).map((meant) => [meant, ...option]));
  if (known.length > 0) return known;
  return splits.slice(0, 1).map(({ name, option }) => [name.toLowerCase(), ...option]);
}

/** A known option in words, and the index of an entry if the option is a list. */
function optionIn(
  words: readonly string[],
  { keys, meaninglessOptions, aliases, rules }: SectionFormat,
): readonly string[] | undefined {
  const options = [...keys, ...meaninglessOptions];
  const whole = words.join('_');
  if (findRelaxed(whole, options) !== undefined) return [whole];
  const [ofOption] = withoutIndex(words);
  if (ofOption === undefined) return undefined;
  const written = ofOption.join('_');
  const option = findRelaxed(written, keys);
  const rule = option && rules[aliases[option] ?? option];
  return rule && isList(rule) ? [written, words.at(-1)!] : undefined;
}

/** Whether a key that has no effect here follows the name, such as a map of tags. */
function isWithoutEffect(
  words: readonly string[],
  names: readonly string[],
  { meaninglessOptions, meaninglessKeys }: SectionFormat,
): boolean {
  const keys = [...meaninglessOptions, ...meaninglessKeys];
  return words.slice(endOfName(words, names)).some((word) => findRelaxed(word, keys) !== undefined);
}

/** The number of words in the longest known name; 1 if no name is known. */
function endOfName(words: readonly string[], names: readonly string[]): number {
  const isName = (end: number) => namesMeant(words.slice(0, end).join(''), names).length > 0;
  return words.findLastIndex((_, at) => isName(at + 1)) + 1 || 1;
}

/**
 * The known names that a part of a variable means. In Spring's form a dot is an underscore and a dash is left out; if
 * no name has this form, only letters and digits are compared.
 */
function namesMeant(written: string, known: readonly string[]): readonly string[] {
  const names = [...new Set(known)];
  const exact = names.filter((name) => inVariable(name) === written.toUpperCase());
  return exact.length > 0 ? exact : names.filter((name) => lettersOf(name) === lettersOf(written));
}

const inVariable = (name: string): string => name.replaceAll('.', '_').replaceAll('-', '').toUpperCase();
const lettersOf = (name: string): string => name.replaceAll(/[^\p{L}\p{N}]/gu, '').toLowerCase();

function reportUnknownOption(
  variable: string,
  words: readonly string[],
  names: readonly string[],
  { keys }: SectionFormat,
  issues: ConfigIssues,
): void {
  const option = words.slice(endOfName(words, names)).join('_');
  const nearest = nearestRelaxed(option, keys);
  const stem = variable.slice(0, variable.length - option.length);
  const allowed =
    nearest === undefined
      ? `one of ${keys.join(', ')} at the end`
      : `${stem}${nearest.toUpperCase()}, if that is what you meant`;
  issues.report({ option: variable, given: option === '' ? 'without an option' : 'not known', allowed });
}
