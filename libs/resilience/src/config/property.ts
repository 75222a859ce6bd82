/** One value of a configuration source, with the way to it. */
export interface Property {
  /** The keys that lead to it, as written, from below the top-level one on. */
  readonly path: readonly string[];
  /** A scalar, a list, or an empty map. */
  readonly value: unknown;
  /** Where it stands, for messages; or where the map of its first `depth` keys does. */
  readonly origin: (depth?: number) => string;
}

/**
 * The properties below a top-level key, wherever the dots are: a key may be nested, or be several keys in one as Spring
 * allows (`resilience4j.circuitbreaker: …`). What is in brackets is one key (`"[customer.v1]": …`).
 *
 * @param label what to call the source in messages
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

interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

function leaves(node: unknown, path: readonly string[]): readonly Leaf[] {
  if (!isMap(node)) return [{ path, value: node }];
  const entries = Object.entries(node);
  if (entries.length === 0) return [{ path, value: node }];
  return entries.flatMap(([key, value]) => leaves(value, [...path, ...keysIn(key)]));
}

function keysIn(key: string): readonly string[] {
  return [...key.matchAll(/\[([^\]]*)\]|[^.[]+/g)].map(([plain, bracketed]) => bracketed ?? plain);
}

/** Whether nothing is set here: no value, or a map without entries. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (isMap(value) && Object.keys(value).length === 0);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
