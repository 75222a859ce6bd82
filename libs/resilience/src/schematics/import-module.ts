/** What to add to a module. */
export interface ImportedModule {
  /** The file, for messages. */
  readonly file: string;
  /** The class whose decorator is changed; by default the first in the file that has `@Module`. */
  readonly className: string | undefined;
  /** The code to add to `imports`; its first word is imported. */
  readonly module: string;
  /** The package to import it from. */
  readonly from: string;
}

/**
 * Adds a module to the `imports` of a NestJS module. The rest of the text stays as it is, with its quotes, semicolons and line
 * ends.
 *
 * @returns the text of the file
 * @throws Error that shows what to add by hand, if the decorator has another form
 */
export function importModule(text: string, { file, className, module, from }: ImportedModule): string {
  const code = withoutTexts(text);
  const start = decoratorStart(code, className);
  const inserted = start === undefined ? undefined : insertion(code, start, module);
  if (inserted === undefined) {
    throw new Error(`${file} has no @Module({ imports: [...] }) that can be changed. Add ${module} to its imports.`);
  }
  const quoted = (line: string): string => (usesDoubleQuotes(text) ? line.replaceAll("'", '"') : line);
  const changed = text.slice(0, inserted.at) + quoted(inserted.text) + text.slice(inserted.at);
  const [name] = /^\w+/.exec(module)!;
  return withImport(changed, quoted(`import { ${name} } from '${from}'`));
}

/** Where the object of the decorator begins, after its brace. */
function decoratorStart(code: string, className: string | undefined): number | undefined {
  const end =
    className === undefined ? -1 : code.search(new RegExp(`\\bclass\\s+${className.replaceAll('$', '\\$')}\\b`));
  const starts = [...code.matchAll(/@Module\s*\(\s*\{/g)].map(({ 0: match, index }) => index + match.length);
  return className === undefined ? starts[0] : starts.findLast((start) => start < end);
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** Where to insert the module into the object that begins at `start`; `undefined` if its `imports` are no list. */
function insertion(code: string, start: number, module: string): Insertion | undefined {
  const imports = atTopLevel(code, start, /(?<![\w$.])imports\s*(?::\s*|(?=[,}]))/y);
  if (imports === undefined) {
    // What is spread into the object may have imports.
    if (atTopLevel(code, start, /\.\.\./y) !== undefined) return undefined;
    const [space] = /^\s*/.exec(code.slice(start))!;
    const isEmpty = code[start + space.length] === '}';
    const text = `imports: [${module}]${isEmpty ? '' : `,${space === '' ? ' ' : space}`}`;
    return { at: start + (isEmpty ? 0 : space.length), text: isEmpty && space === '' ? ` ${text} ` : text };
  }
  if (code[imports] !== '[') return undefined;
  const at = imports + 1;
  const [space] = /^\s*/.exec(code.slice(at))!;
  if (code[at + space.length] === ']') return { at, text: module };
  return { at: at + space.length, text: `${module},${space === '' ? ' ' : space}` };
}

/** Where the first match ends that is in the object itself and not nested. */
function atTopLevel(code: string, start: number, pattern: RegExp): number | undefined {
  let depth = 1;
  for (let at = start; at < code.length && depth > 0; at++) {
    pattern.lastIndex = at;
    if (depth === 1 && pattern.test(code)) return pattern.lastIndex;
    if ('{[('.includes(code[at]!)) depth++;
    else if ('}])'.includes(code[at]!)) depth--;
  }
  return undefined;
}

/** Adds the statement after the last import. */
function withImport(text: string, statement: string): string {
  const imports = [...text.matchAll(/^import\b[^'"]*['"][^'"]+['"][ \t]*(;?)/gm)];
  const last = imports.at(-1);
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  if (last === undefined) return `${statement};${lineEnd}${text}`;
  const at = last.index + last[0].length;
  return `${text.slice(0, at)}${lineEnd}${statement}${last[1]}${text.slice(at)}`;
}

function usesDoubleQuotes(text: string): boolean {
  return /^import\b[^'"]*"/m.test(text);
}

/** The code with spaces in place of comments and of the contents of texts, so that positions stay the same. */
function withoutTexts(text: string): string {
  const texts = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replaceAll(texts, (match) =>
    /^['"`]/.test(match) ? `'${' '.repeat(match.length - 2)}'` : match.replaceAll(/[^\n]/g, ' '),
  );
}
