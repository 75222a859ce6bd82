import type { Code, InlineCode } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { parse } from 'sh-syntax';
import { unified } from 'unified';
import { visit } from 'unist-util-visit';
import { readSource, sourceFiles } from '../workspace.ts';

/** A Markdown page, as far as the checks read it. */
export interface Page {
  readonly file: string;
  /** The commands of all shell blocks, in order. */
  readonly shellCommands: readonly string[];
  /** Commands in sentences. */
  readonly inlineCommands: readonly string[];
  /** The sources of Mermaid diagrams. */
  readonly diagrams: readonly string[];
}

const markdown = unified().use(remarkParse).use(remarkGfm);
const shells = new Set(['sh', 'bash', 'shell', 'console']);
const programs = 'apt-get|curl|docker|git|helm|k3d|kind|kubectl|kustomize|node|npm|npx|pg_isready|promtool';
/** Code is a command if it starts with a program, after variables, and has arguments. */
const command = new RegExp(`^(?:[A-Z_]+=\\S+ )*(?:${programs}) .`);

/** Reads one page. */
export async function readPage(file: string, source = readSource(file)): Promise<Page> {
  const blocks: Code[] = [];
  const spans: InlineCode[] = [];
  visit(markdown.parse(source), (node) => {
    if (node.type === 'code') blocks.push(node);
    if (node.type === 'inlineCode') spans.push(node);
  });
  // An indented block has no language.
  const isShell = ({ lang, value }: Code): boolean => (lang == null ? command.test(value) : shells.has(lang));
  return {
    file,
    shellCommands: await commandsOf(
      blocks
        .filter(isShell)
        .map(({ value }) => value)
        .join('\n'),
    ),
    // `npm run …` stands for any command.
    inlineCommands: spans
      .map(({ value }) => value.replaceAll('\n', ' '))
      .filter((value) => command.test(value) && !/(?:…|\.{3})$/.test(value)),
    diagrams: blocks.filter(({ lang }) => lang === 'mermaid').map(({ value }) => value),
  };
}

/** The statements of shell text, without comments; a statement that continues on the next line is joined. */
async function commandsOf(text: string): Promise<readonly string[]> {
  const { Stmts: statements } = await parse(text);
  // The parser counts bytes.
  const bytes = Buffer.from(text);
  return statements.map(({ Pos: start, End: end }) =>
    bytes
      .subarray(start.Offset, end.Offset)
      .toString()
      .replaceAll(/\\\n */g, ''),
  );
}

/** Every command of a page, once. */
export function commandsIn({ shellCommands, inlineCommands }: Page): readonly string[] {
  return [...new Set([...shellCommands, ...inlineCommands])];
}

/** Every page of the project. */
export async function readPages(): Promise<readonly Page[]> {
  return Promise.all(sourceFiles('**/*.md').map((file) => readPage(file)));
}
