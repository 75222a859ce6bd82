import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A fenced block of a page. */
export interface CodeBlock {
  readonly page: string;
  readonly language: string;
  readonly code: string;
}

export const workspaceRoot = join(import.meta.dirname, '../../..');

/** The pages that people read; `api.md` is a listing made by a tool, and no page. */
const pages = '{*,{docs,libs,apps,k8s,load-tests,monitoring,compose,nginx}/**/*}.md';
const isNoPage = /(?:^|\/)(?:node_modules|dist|results|test-results)\/|\/api\.md$/;

const fence = /^(?<indent> *)```(?<language>[^\n`]*)\n(?<code>.*?)^ *```$/gms;

async function* allPages(): AsyncGenerator<readonly [string, string]> {
  for await (const page of glob(pages, { cwd: workspaceRoot })) {
    if (!isNoPage.test(page)) yield [page, await readFile(join(workspaceRoot, page), 'utf8')];
  }
}

/** Every fenced block of the documentation. */
export async function codeBlocks(): Promise<readonly CodeBlock[]> {
  const blocks: CodeBlock[] = [];
  for await (const [page, text] of allPages()) {
    for (const { groups: { indent = '', language = '', code = '' } = {} } of text.matchAll(fence)) {
      blocks.push({ page, language: language.trim(), code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), '') });
    }
  }
  return blocks.toSorted((a, b) => (a.page < b.page ? -1 : 1));
}

/** A link to another file or to a heading, as it is written. */
export interface Link {
  readonly page: string;
  readonly target: string;
}

/** Every relative link of the documentation. */
export async function relativeLinks(): Promise<readonly Link[]> {
  const links: Link[] = [];
  for await (const [page, text] of allPages()) {
    for (const [, target = ''] of text.replaceAll(fence, '').matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      links.push({ page, target });
    }
  }
  return links;
}

/** The anchors that GitHub gives the headings of a page. */
export function anchorsOf(text: string): readonly string[] {
  const headings = text.replaceAll(fence, '').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Whether lines stand together somewhere in a file. */
export function isExcerptOf(code: string, source: string): boolean {
  return `\n${source}`.includes(`\n${code}`);
}
