import type { Nodes } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { visit } from 'unist-util-visit';
import { parseSync, Visitor } from 'vite';
import { Parser } from 'yaml';

/** From the first character up to, not including, the last one. */
export type Range = readonly [start: number, end: number];

/** Text for people that belongs together: a paragraph, a cell, a comment, a string. */
export interface TextUnit {
  readonly range: Range;
  readonly isComment: boolean;
  /** The parts that are words; a paragraph of Markdown also has code spans and links. */
  readonly pieces: readonly Range[];
}

const markdown = unified().use(remarkParse).use(remarkGfm);
const markdownBlocks = new Set<Nodes['type']>(['paragraph', 'heading', 'tableCell', 'code']);

/**
 * Returns the text for people of a source file, in order. Identifiers, module names, keys of YAML and code spans are left
 * out.
 *
 * @param file the name; its extension selects the language
 * @throws SyntaxError when a TypeScript file cannot be parsed
 */
export function textUnits(file: string, source: string): readonly TextUnit[] {
  const units = file.endsWith('.md')
    ? unitsOfMarkdown(source)
    : /\.ya?ml$/.test(file)
      ? unitsOfYaml(source)
      : unitsOfTypeScript(file, source);
  return joinLineComments(
    source,
    units.toSorted((one, other) => one.range[0] - other.range[0]),
  );
}

function unitsOfMarkdown(source: string): readonly TextUnit[] {
  const units: TextUnit[] = [];
  visit(markdown.parse(source), (node) => {
    if (node.type === 'html') units.push(unit(rangeOf(node), true));
    if (!markdownBlocks.has(node.type)) return;
    const pieces: Range[] = [];
    visit(node, ['text', 'image', 'code'], (piece) => void pieces.push(rangeOf(piece)));
    units.push({ range: rangeOf(node), isComment: false, pieces });
  });
  return units;
}

function rangeOf({ position }: Nodes): Range {
  return [position?.start.offset ?? 0, position?.end.offset ?? 0];
}

/** A token of YAML as its parser returns it; only a block scalar has a header, `|` and what follows, in front of its text. */
interface YamlToken {
  readonly type?: string;
  readonly offset: number;
  readonly source?: string;
  readonly props?: readonly { readonly source: string }[];
}

function unitsOfYaml(source: string): readonly TextUnit[] {
  const units: TextUnit[] = [];
  const types = new Set(['comment', 'scalar', 'single-quoted-scalar', 'double-quoted-scalar', 'block-scalar']);
  const walk = (token: YamlToken): void => {
    const { type = '', offset, source: text = '', props = [] } = token;
    if (types.has(type)) {
      const header = type === 'block-scalar' ? props.map((prop) => prop.source).join('') : '';
      units.push(unit([offset, offset + header.length + text.length], type === 'comment'));
    }
    for (const [name, child] of Object.entries(token)) {
      if (name !== 'key' && typeof child === 'object' && child !== null) walk(child as YamlToken);
    }
  };
  for (const token of new Parser().parse(source)) walk(token as YamlToken);
  return units;
}

function unitsOfTypeScript(file: string, source: string): readonly TextUnit[] {
  const { program, comments, errors } = parseSync(file, source);
  if (errors[0] !== undefined) throw new SyntaxError(`${file}: ${errors[0].message}`);
  const units = comments.map(({ start, end }) => unit([start, end], true));
  const moduleNames = new Set<number>();
  const skipModule = ({ source: name }: { readonly source: { readonly start: number } | null }): void => {
    if (name !== null) moduleNames.add(name.start);
  };
  new Visitor({
    ImportDeclaration: skipModule,
    ImportExpression: skipModule,
    ExportAllDeclaration: skipModule,
    ExportNamedDeclaration: skipModule,
    Literal({ start, end, value }) {
      if (typeof value === 'string' && !moduleNames.has(start)) units.push(unit([start, end]));
    },
    TemplateLiteral({ start, end, quasis }) {
      units.push({
        range: [start, end],
        isComment: false,
        pieces: quasis.map((quasi): Range => [quasi.start, quasi.end]),
      });
    },
    JSXText({ start, end, value }) {
      const lead = value.length - value.trimStart().length;
      if (lead < value.length) units.push(unit([start + lead, end]));
    },
  }).visit(program);
  return units;
}

function unit(range: Range, isComment = false): TextUnit {
  return { range, isComment, pieces: [range] };
}

/** Makes one unit of line comments that follow each other, because a phrase may continue on the next line. */
function joinLineComments(source: string, units: readonly TextUnit[]): readonly TextUnit[] {
  const joined: TextUnit[] = [];
  for (const next of units) {
    const previous = joined.at(-1);
    const isLineComment = next.isComment && /^(?:\/\/|#)/.test(source.slice(...next.range));
    if (isLineComment && previous?.isComment && /^\s*\n\s*$/.test(source.slice(previous.range[1], next.range[0]))) {
      joined.splice(-1, 1, unit([previous.range[0], next.range[1]], true));
    } else {
      joined.push(next);
    }
  }
  return joined;
}
