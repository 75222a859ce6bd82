/** A directive of an nginx configuration. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** Undefined unless the directive has a block. */
  readonly block?: readonly Directive[];
}

/** A word, in quotes or not, a comment, or the end of a directive or a block. Unquoted words may have `${name}` in them. */
const token = /\s+|#[^\n]*|"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|([;{}])|((?:\$\{\w+\}|[^\s;{}])+)/y;

/**
 * Reads an nginx configuration.
 *
 * @throws SyntaxError for a block or a quoted word without an end
 */
export function parseConfiguration(text: string): readonly Directive[] {
  const blocks: { header: readonly string[]; directives: Directive[] }[] = [{ header: [], directives: [] }];
  let words: string[] = [];
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    const current = blocks.at(-1);
    if (match === null || current === undefined)
      throw new SyntaxError(`invalid nginx configuration: ${text.slice(at, at + 40)}`);
    at = token.lastIndex;
    const [, double, single, end, plain] = match;
    const word = plain ?? unescape(double ?? single);
    if (word !== undefined) words.push(word);
    if (end === ';') current.directives.push(directive(words));
    if (end === '{') blocks.push({ header: words, directives: [] });
    if (end === '}') {
      blocks.pop();
      blocks.at(-1)?.directives.push(directive(current.header, current.directives));
    }
    if (end !== undefined) words = [];
  }
  const [top] = blocks;
  if (top === undefined || blocks.length > 1) throw new SyntaxError('invalid nginx configuration: a block has no end');
  return top.directives;
}

function directive([name = '', ...args]: readonly string[], block?: readonly Directive[]): Directive {
  return { name, args, ...(block === undefined ? {} : { block }) };
}

/** nginx removes the backslash before a quote and another backslash only. */
function unescape(quoted: string | undefined): string | undefined {
  return quoted?.replaceAll(/\\(["'\\])/g, '$1').replaceAll(String.raw`\n`, '\n');
}

/** The first directive of this name, and with these first arguments, in a block. @throws Error when there is none */
export function find(block: readonly Directive[], name: string, ...args: readonly string[]): Directive {
  const found = block.find((each) => each.name === name && args.every((arg, index) => each.args[index] === arg));
  if (found === undefined) throw new Error(`nginx.conf has no directive ${[name, ...args].join(' ')}`);
  return found;
}

/** The directives in the block of a directive. */
export const blockOf = ({ block = [] }: Directive): readonly Directive[] => block;

const millisecondsPer: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** A time such as `6s`, in milliseconds. */
export function milliseconds(text: string | undefined): number {
  const [, amount, unit = ''] = /^(\d+)(ms|s|m)$/.exec(text ?? '') ?? [];
  return Number(amount) * (millisecondsPer[unit] ?? Number.NaN);
}

/** A size such as `64k`, in bytes. */
export function bytes(text: string | undefined): number {
  const [, amount, unit] = /^(\d+)(k?)$/.exec(text ?? '') ?? [];
  return Number(amount) * (unit === 'k' ? 1024 : 1);
}
