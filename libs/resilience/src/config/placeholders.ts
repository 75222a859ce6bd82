import { relaxed } from './names.ts';

/** Environment variables: `process.env`, or those of a test. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a name in a placeholder. */
export type Lookup = (name: string) => string | undefined;

/**
 * Text with its placeholders replaced; or the name of one that has neither a value nor a default; or the names that
 * refer to each other in a circle.
 */
export type Filled = { readonly text: string } | { readonly missing: string } | { readonly circle: readonly string[] };

/**
 * Replaces Spring's placeholders: `${name}` and `${name:default}`. Names, values and defaults may contain placeholders.
 *
 * @param within the names whose values contain the text, outermost first
 */
export function fillPlaceholders(text: string, lookup: Lookup, within: readonly string[] = []): Filled {
  let filled = '';
  let rest = text;
  for (let found = firstPlaceholder(rest); found !== undefined; found = firstPlaceholder(rest)) {
    const value = valueOf(found.content, lookup, within);
    if (!('text' in value)) return value;
    filled += rest.slice(0, found.start) + value.text;
    rest = rest.slice(found.end);
  }
  return { text: filled + rest };
}

function valueOf(content: string, lookup: Lookup, within: readonly string[]): Filled {
  const [written, fallback] = nameAndDefault(content);
  const filledName = fillPlaceholders(written, lookup, within);
  if (!('text' in filledName)) return filledName;
  const name = filledName.text.trim();
  const start = within.findIndex((outer) => relaxed(outer) === relaxed(name));
  if (start >= 0) return { circle: [...within.slice(start), name] };
  const value = lookup(name);
  if (value !== undefined) return fillPlaceholders(value, lookup, [...within, name]);
  return fallback === undefined ? { missing: name } : fillPlaceholders(fallback, lookup, within);
}

interface Placeholder {
  readonly start: number;
  readonly end: number;
  /** The text between the braces. */
  readonly content: string;
}

/** The first placeholder that has a closing brace, with the placeholders inside it. */
function firstPlaceholder(text: string): Placeholder | undefined {
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', start + 2)) {
    let depth = 0;
    for (let at = start + 2; at < text.length; at++) {
      if (text[at] === '{') depth++;
      else if (text[at] === '}' && depth-- === 0) return { start, end: at + 1, content: text.slice(start + 2, at) };
    }
  }
  return undefined;
}

/** The default follows the first colon that is not in a placeholder inside the name. */
function nameAndDefault(content: string): readonly [string, string | undefined] {
  let depth = 0;
  for (let at = 0; at < content.length; at++) {
    if (content[at] === '{') depth++;
    else if (content[at] === '}') depth--;
    else if (content[at] === ':' && depth === 0) return [content.slice(0, at), content.slice(at + 1)];
  }
  return [content, undefined];
}

/**
 * Finds values in the environment first, then in the keys of files. `${customer.wait-time}` also means the variable
 * `CUSTOMER_WAITTIME` and the key `customer.waitTime`, as in Spring.
 *
 * @param keys values by relaxed key
 */
export function lookupIn(env: Environment, keys: ReadonlyMap<string, string> = new Map()): Lookup {
  return (name) => {
    const variable = name
      .replaceAll('-', '')
      .replaceAll(/\[(\d+)\]/g, '_$1')
      .replaceAll('.', '_')
      .toUpperCase();
    return env[name] ?? env[variable] ?? keys.get(relaxed(name));
  };
}
