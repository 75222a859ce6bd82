import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { visit } from 'unist-util-visit';

/** A block of code on a page. */
export interface CodeBlock {
  readonly page: string;
  /** Empty if the page names none. */
  readonly language: string;
  readonly code: string;
}

const workspaceRoot = join(import.meta.dirname, '../../..');

/** The pages for people; `api.md` is generated from the types. */
const pages = '{*,{docs,libs,apps,k8s,load-tests,monitoring,compose,nginx}/**/*}.md';
const isNoPage = /(?:^|\/)(?:node_modules|dist|results|test-results)\/|\/api\.md$/;

/** Every block of code in the documentation, by page. */
export async function codeBlocks(): Promise<readonly CodeBlock[]> {
  const blocks: CodeBlock[] = [];
  for await (const page of glob(pages, { cwd: workspaceRoot })) {
    if (isNoPage.test(page)) continue;
    visit(
      unified()
        .use(remarkParse)
        .parse(await readFile(join(workspaceRoot, page), 'utf8')),
      'code',
      (block) => {
        blocks.push({ page, language: block.lang ?? '', code: block.value });
      },
    );
  }
  return blocks.toSorted((a, b) => (a.page < b.page ? -1 : 1));
}

/** Whether the lines of `code` follow each other somewhere in a file. */
export function isExcerptOf(code: string, source: string): boolean {
  return `\n${source}\n`.includes(`\n${code}\n`);
}
