import type { ConfigFile } from './config-text.ts';
import type { ConfigIssues } from './issues.ts';
import { relaxed } from './names.ts';
import { pipelinesSection } from './section-format.ts';
import { plainText, quoted } from './values.ts';

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
      origin: (depth = path.length) => `${label}: ${path.slice(0, depth + 1).join('.')}`,
    }));
}

function leaves(node: unknown, path: readonly string[]): readonly Pick<Property, 'path' | 'value'>[] {
  const entries = isMap(node) ? Object.entries(node) : [];
  if (entries.length === 0) return [{ path, value: node }];
  return entries.flatMap(([key, value]) => leaves(value, [...path, ...keysIn(key)]));
}

/** The keys in one that joins several by dots or has some in brackets. */
export function keysIn(key: string): readonly string[] {
  return [...key.matchAll(/\[([^\]]*)\]|[^.[]+/g)].map(([plain, bracketed]) => bracketed ?? plain);
}

/** Whether the value of a property sets nothing: no value, or a map, which has no entries where it is a value. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || isMap(value);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A document of a configuration file. */
export interface Document {
  /** The file, for messages. */
  readonly label: string;
  readonly tree: unknown;
}

/** The documents of a file. One that is no map is a fault; an empty one is left out. */
export function documentsIn({ label, documents }: ConfigFile, issues: ConfigIssues): readonly Document[] {
  return documents.flatMap((tree) => {
    if (tree === null || tree === undefined) return [];
    if (isMap(tree)) return [{ label, tree }];
    issues.report({ option: label, given: `${quoted(tree)} at the top`, allowed: 'a map, such as resilience4j: …' });
    return [];
  });
}

/** The values in documents by relaxed key, as placeholders refer to them; a later document overrides an earlier one. */
export function keysOfDocuments(documents: readonly Document[]): ReadonlyMap<string, string> {
  return new Map(documents.flatMap(({ tree }) => keyValues(tree, '')));
}

function keyValues(node: unknown, key: string): readonly (readonly [string, string])[] {
  if (Array.isArray(node)) return node.flatMap((entry, at) => keyValues(entry, `${key}[${at}]`));
  if (!isMap(node)) return [[relaxed(key), node === null ? '' : plainText(node)]];
  return Object.entries(node).flatMap(([own, value]) => keyValues(value, key === '' ? own : `${key}.${own}`));
}

/** Joins the entries of lists that are properties of their own (`retryExceptions[0]`) to one property for each list. */
export function joinLists(properties: readonly Property[], issues: ConfigIssues): readonly Property[] {
  const lists = new Map<string, Property[]>();
  const joined = properties.flatMap((property): readonly (Property | readonly Property[])[] => {
    if (!isEntry(property)) return [property];
    const key = listKey(property);
    const entries = lists.get(key);
    if (entries !== undefined) {
      entries.push(property);
      return [];
    }
    const started = [property];
    lists.set(key, started);
    return [started];
  });
  return joined.map((property) => ('path' in property ? property : listOf(property, issues)));
}

/** Whether a property belongs to the section of pipelines. */
export function isOfPipelines({ path: [section] }: Property): boolean {
  return section !== undefined && relaxed(section) === pipelinesSection;
}

/** The position of the name in a path: section, group, name, option; or pipelines, name. */
const nameAt = (property: Property): number => (isOfPipelines(property) ? 1 : 2);

/** Whether a key is the index of an entry of a list. */
export function isIndex(key: string): boolean {
  return /^\d+$/.test(key);
}

/** Whether the last key is an index: below the option of an instance, or below the name of a pipeline. */
function isEntry(property: Property): boolean {
  const { path } = property;
  const listAt = isOfPipelines(property) ? 1 : 3;
  return path.length - 1 > listAt && isIndex(path.at(-1)!);
}

/** Names are compared as written, other keys in their relaxed form. */
function listKey(property: Property): string {
  const keys = property.path.slice(0, -1).map((key, at) => (at === nameAt(property) ? key : relaxed(key)));
  return JSON.stringify(keys);
}

const indexOf = ({ path }: Property): number => Number(path.at(-1));

function listOf(entries: readonly Property[], issues: ConfigIssues): Property {
  const sorted = entries.toSorted((a, b) => indexOf(a) - indexOf(b));
  const misplaced = sorted.find((entry, at) => indexOf(entry) !== at);
  if (misplaced !== undefined) {
    const indexes = sorted.map(indexOf).join(', ');
    const allowed = 'the indexes 0, 1, 2, …, each of them once';
    issues.report({ option: misplaced.origin(), given: `in a list with the indexes ${indexes}`, allowed });
  }
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  return {
    path: first.path.slice(0, -1),
    value: sorted.map(({ value }) => value),
    origin: (depth) => {
      if (depth !== undefined || first === last) return first.origin(depth);
      return `${first.origin()} to ${last.origin()}`;
    },
  };
}
