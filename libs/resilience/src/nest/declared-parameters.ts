/** A method of a class, with any parameters and any result. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The parameters that a method declares. */
export interface DeclaredParameters {
  /** Their number, optional ones included and a rest parameter excluded. */
  readonly count: number;
  /** Whether the last one is a rest parameter (`...ids`). */
  readonly hasRest: boolean;
}

/** Those of methods that decorators of this library replaced, whose replacements take any arguments. */
const ofReplacements = new WeakMap<Method, DeclaredParameters>();

/** Remembers the parameters of the original method for the method that replaces it. */
export function keepParameters(replacement: Method, declared: DeclaredParameters): void {
  ofReplacements.set(replacement, declared);
}

/**
 * The parameters of a method. `length` ends at the first parameter with a default, and the compiler's metadata (absent
 * with esbuild and tsx) does not distinguish a rest parameter; the source text does both. If a decorator of another
 * library has replaced the method, only the metadata is about the method.
 */
export function declaredParameters(method: Method, prototype: object, key: string | symbol): DeclaredParameters {
  const kept = ofReplacements.get(method);
  if (kept !== undefined) return kept;
  const types = Reflect.getMetadata('design:paramtypes', prototype, key) as readonly unknown[] | undefined;
  if (types !== undefined && isFunctionExpression(method)) return { count: types.length, hasRest: false };
  const { count, hasRest } = parametersInSource(method) ?? { count: 0, hasRest: false };
  const isReplaced = hasRest && types !== undefined && types.length !== count + 1;
  if (hasRest && !isReplaced) return { count, hasRest };
  return { count: Math.max(method.length, types?.length ?? 0, isReplaced ? 0 : count), hasRest: false };
}

/** The arguments without those that the method does not declare, which frameworks pass in addition. */
export function declaredArguments(args: readonly unknown[], { count, hasRest }: DeclaredParameters): unknown[] {
  return hasRest ? [...args] : args.slice(0, count);
}

/** The declared arguments and one more. Omitted ones are undefined, so that the last one has a fixed position. */
export function withLastArgument(args: readonly unknown[], declared: DeclaredParameters, last: unknown): unknown[] {
  const omitted = Array.from({ length: Math.max(0, declared.count - args.length) });
  return [...declaredArguments(args, declared), ...omitted, last];
}

/**
 * Whether the source text is a function or arrow expression, which that of a method of a class never is: it begins with
 * its name, which may be `function` or `async`.
 */
function isFunctionExpression(method: Method): boolean {
  if (method.name === 'function' || method.name === 'async') return false;
  return /^(?:async\b\s*)?(?:function\b|\(|[\w$]+\s*=>)/.test(sourceOf(method));
}

const commentsAndStrings = /\/\/.*|\/\*[^]*?\*\/|'(?:\\[^]|[^'\\])*'|"(?:\\[^]|[^"\\])*"|`[^`$\\]*`/g;

/** The source text without comments, and with empty strings. */
function sourceOf(method: Method): string {
  return Function.prototype.toString
    .call(method)
    .replaceAll(commentsAndStrings, (token) => (token.startsWith('/') ? ' ' : "''"));
}

/**
 * Reads the list of parameters between its parentheses; `undefined` if a default contains what this simple reading
 * cannot skip (a regular expression, a division, a template with values).
 */
function parametersInSource(method: Method): DeclaredParameters | undefined {
  const list = listBetweenParentheses(sourceOf(method));
  if (list === undefined) return undefined;
  const parameters = list.map((parameter) => parameter.trim()).filter((parameter) => parameter !== '');
  const hasRest = parameters.at(-1)?.startsWith('...') === true;
  return { count: parameters.length - (hasRest ? 1 : 0), hasRest };
}

/** The texts between the commas of the first parentheses outside of brackets. */
function listBetweenParentheses(text: string): readonly string[] | undefined {
  const list: string[] = [];
  let depth = 0;
  let start: number | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (start === undefined && text.startsWith('=>', at)) return undefined;
    if (character === '/' || character === '`') return undefined;
    if ('([{'.includes(character)) {
      if (character === '(' && depth === 0) start = at + 1;
      depth++;
    } else if (')]}'.includes(character)) {
      depth--;
      if (start !== undefined && depth === 0) return [...list, text.slice(start, at)];
    } else if (character === ',' && depth === 1 && start !== undefined) {
      list.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return undefined;
}
