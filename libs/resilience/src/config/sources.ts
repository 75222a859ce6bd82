import type { Group } from '../core/definitions.ts';
import type { ConfigFile } from './config-file.ts';
import type { ConfigIssues } from './issues.ts';
import { findRelaxed, nearestRelaxed, relaxed } from './names.ts';
import { findGroup, pipelinesSection, type SectionFormat } from './section-format.ts';
import { type Environment, wordsIn } from './values.ts';

/** A value of a configuration source, with its path. */
export interface Property {
  /** The keys as written, below the top-level one. */
  readonly path: readonly string[];
  /** A scalar, a list, or an empty map. */
  readonly value: unknown;
  /** Its place, for messages; or the place of the map at its first `depth` keys. */
  readonly origin: (depth?: number) => string;
}

/**
 * The properties below a top-level key. Keys may be nested or joined by dots, as in Spring
 * (`resilience4j.circuitbreaker: …`). A key in brackets is one key (`"[customer.v1]": …`).
 *
 * @param label the source, for messages
 */
export function propertiesBelow(root: string, tree: unknown, label: string): readonly Property[] {
  return leaves(tree, [])
    .filter(({ path }) => path[0]?.toLowerCase() === root)
    .map(({ path, value }) => ({
      path: path.slice(1),
      value,
      origin: (depth = path.length - 1) => `${label}: ${path.slice(0, depth + 1).join('.')}`,
    }));
}

function leaves(node: unknown, path: readonly string[]): readonly Pick<Property, 'path' | 'value'>[] {
  const entries = isMap(node) ? Object.entries(node) : [];
  if (entries.length === 0) return [{ path, value: node }];
  return entries.flatMap(([key, value]) => leaves(value, [...path, ...keysIn(key)]));
}

function keysIn(key: string): readonly string[] {
  return [...key.matchAll(/\[([^\]]*)\]|[^.[]+/g)].map(([plain, bracketed]) => bracketed ?? plain);
}

/** Whether nothing is set: no value, or a map without entries. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (isMap(value) && Object.keys(value).length === 0);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The properties of each active document of a file. */
export function propertiesInFile(
  { label, documents }: ConfigFile,
  env: Environment,
  issues: ConfigIssues,
): readonly (readonly Property[])[] {
  const active = documents.filter((document) => isActive(document, label, env, issues));
  const properties = active.map((document) => propertiesBelow('resilience4j', document, label));
  if (properties.every(({ length }) => length === 0)) issues.ignore(`${label}: it contains nothing below resilience4j`);
  return properties;
}

/** The keys below `spring` that bind a YAML document to profiles: the current one and that before Spring Boot 2.4. */
const profileKeys = new Set(['config.activate.onprofile', 'profiles']);

/**
 * Whether a document of an `application.yml` is active: it belongs to no profile, or to one in
 * `SPRING_PROFILES_ACTIVE`. Profile expressions (`prod & eu`) are not supported; such a document is ignored.
 */
function isActive(document: unknown, label: string, env: Environment, issues: ConfigIssues): boolean {
  const condition = propertiesBelow('spring', document, label).find(({ path }) =>
    profileKeys.has(path.map(relaxed).join('.')),
  );
  if (condition === undefined) return true;
  const profiles = wordsIn(condition.value);
  const active = wordsIn(env['SPRING_PROFILES_ACTIVE']);
  if (profiles.some((profile) => active.includes(profile))) return true;
  issues.ignore(
    `${label}: the document for the profile ${profiles.join(', ')}, which is not in SPRING_PROFILES_ACTIVE`,
  );
  return false;
}

const variablePrefix = 'RESILIENCE4J_';

/** The names that files and code define. */
export interface KnownNames {
  of(format: SectionFormat, group: Group): readonly string[];
  readonly pipelines: readonly string[];
}

/**
 * The properties that environment variables set, in Spring's relaxed form:
 * `RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE`. The name and the option may contain underscores.
 */
export function propertiesInEnvironment(
  env: Environment,
  formats: readonly SectionFormat[],
  knownNames: KnownNames,
  issues: ConfigIssues,
): readonly Property[] {
  return Object.entries(env).flatMap(([variable, value]) => {
    if (value === undefined || !variable.toUpperCase().startsWith(variablePrefix)) return [];
    const path = pathOf(variable, formats, knownNames, issues);
    return path === undefined ? [] : [{ path, value, origin: () => variable }];
  });
}

function pathOf(
  variable: string,
  formats: readonly SectionFormat[],
  knownNames: KnownNames,
  issues: ConfigIssues,
): readonly string[] | undefined {
  const words = variable.slice(variablePrefix.length).split('_');
  const [first = '', ...others] = words;
  if (relaxed(first) === pipelinesSection && others.length > 0) {
    const name = others.join('_');
    return [first, findRelaxed(name, knownNames.pipelines) ?? name.toLowerCase()];
  }
  const groupAt = words.findIndex((word) => findGroup(word) !== undefined);
  const [groupKey = '', ...rest] = words.slice(Math.max(groupAt, 0));
  const section = words.slice(0, groupAt).join('');
  const format = formats.find((candidate) => relaxed(candidate.section) === relaxed(section));
  const group = findGroup(groupKey);
  if (format === undefined || group === undefined) return words;

  const names = knownNames.of(format, group);
  const found = nameAndOption(rest, names, [...format.keys, ...format.meaninglessOptions]);
  if (found === undefined) reportUnknownOption(variable, rest, names, format, issues);
  return found && [section, groupKey, ...found];
}

/** Splits words into name and option: after a known name if possible, otherwise before the longest known option. */
function nameAndOption(
  words: readonly string[],
  names: readonly string[],
  options: readonly string[],
): readonly [string, string] | undefined {
  const splits = words.slice(1).map((_, at) => ({
    name: words.slice(0, at + 1).join('_'),
    option: words.slice(at + 1).join('_'),
  }));
  const known = splits.filter(({ option }) => findRelaxed(option, options) !== undefined);
  const best = known.findLast(({ name }) => findRelaxed(name, names) !== undefined) ?? known[0];
  return best && [findRelaxed(best.name, names) ?? best.name.toLowerCase(), best.option];
}

function reportUnknownOption(
  variable: string,
  words: readonly string[],
  names: readonly string[],
  { keys }: SectionFormat,
  issues: ConfigIssues,
): void {
  const isName = (end: number) => findRelaxed(words.slice(0, end).join(''), names) !== undefined;
  const nameEnd = words.findLastIndex((_, at) => isName(at + 1)) + 1 || 1;
  const option = words.slice(nameEnd).join('_');
  const nearest = nearestRelaxed(option, keys);
  const stem = variable.slice(0, variable.length - option.length);
  const allowed =
    nearest === undefined
      ? `one of ${keys.join(', ')} at the end`
      : `${stem}${nearest.toUpperCase()}, if that is what you meant`;
  issues.report({ option: variable, given: option === '' ? 'without an option' : 'not known', allowed });
}
