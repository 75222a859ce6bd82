import { parseSync, Visitor } from 'vite';

/** The docstring of a name in a source file. */
export interface Docstring {
  /** The interface that contains the name; `undefined` for a property of an object. */
  readonly owner: string | undefined;
  readonly name: string;
  /** In one line. */
  readonly text: string;
}

/** The name in the docstring of an interface. */
const itself = '';

/**
 * Every docstring of an interface, of its members, and of the properties of objects, in the order of the source.
 *
 * @param file the file name, which determines the language
 */
export function docstringsIn(file: string, source: string): readonly Docstring[] {
  const { program, comments } = parseSync(file, source);
  const found: Docstring[] = [];
  let owner: string | undefined;

  const read = (name: string, { start }: { readonly start: number }): void => {
    const comment = comments.findLast(({ end }) => end <= start);
    if (comment === undefined || comment.type !== 'Block' || !comment.value.startsWith('*')) return;
    const between = source.slice(comment.end, start);
    if (!/^\s*(?:export\s+)?$/.test(between)) return;
    found.push({ owner, name, text: textOf(comment.value) });
  };
  new Visitor({
    TSInterfaceDeclaration(node) {
      owner = node.id.name;
      read(itself, node);
    },
    'TSInterfaceDeclaration:exit'() {
      owner = undefined;
    },
    TSPropertySignature(node) {
      if (node.key.type === 'Identifier') read(node.key.name, node);
    },
    Property(node) {
      if (owner === undefined && node.key.type === 'Identifier') read(node.key.name, node);
    },
  }).visit(program);
  return found;
}

/** The docstring of an interface. */
export function docstringOf(owner: string, docstrings: readonly Docstring[]): string | undefined {
  return docstrings.find((found) => found.owner === owner && found.name === itself)?.text;
}

/** The text without asterisks and line breaks, up to the first tag. */
function textOf(comment: string): string {
  const [text = ''] = comment
    .replace(/^\*/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join(' ')
    .split(/\s@[a-z]/);
  return text.trim();
}
