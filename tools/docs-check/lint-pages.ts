import { existsSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkPresetLintRecommended from 'remark-preset-lint-recommended';
import { unified } from 'unified';
import { engine, type Options } from 'unified-engine';
import { VFile } from 'vfile';
import { workspaceRoot } from '../workspace.ts';

/** The engine itself passes the set of pages to the link check, so it must not be part of the processor. */
const plugins: Options['plugins'] = [
  remarkPresetLintRecommended,
  ['remark-validate-links', { repository: false, root: workspaceRoot }],
];

/**
 * Checks pages with remark's recommended rules and resolves their links: to files, and to headings of the given pages.
 *
 * @param pages the text of each page, by its path relative to the workspace's root
 * @returns the problems of each page, by its path
 */
export async function lintPages(
  pages: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly VFile[]>();
  engine(
    {
      processor: unified().use(remarkParse).use(remarkGfm),
      plugins,
      cwd: workspaceRoot,
      files: Object.entries(pages).map(([file, value]) => new VFile({ path: path.join(workspaceRoot, file), value })),
      output: false,
      out: false,
      streamError: new Writable({ write: (_chunk, _encoding, done) => done() }),
    },
    (error, _code, context) => (error === undefined || error === null ? resolve(context?.files ?? []) : reject(error)),
  );
  return new Map(
    (await promise).map(({ path: file, messages }) => [
      file,
      messages.filter((message) => !isOfWorkflow(message)).map(describe),
    ]),
  );
}

/** GitHub resolves this link in the README to the page or the badge of a workflow of its repository, whichever that is. */
function isOfWorkflow({ reason }: VFile['messages'][number]): boolean {
  const [, workflow] = /`\.\.\/\.\.\/actions\/workflows\/([\w.-]+\.yml)(?:\/badge\.svg)?`$/.exec(reason) ?? [];
  return workflow !== undefined && existsSync(path.join(workspaceRoot, '.github/workflows', workflow));
}

const describe = ({ line, column, reason }: VFile['messages'][number]): string => `${line}:${column} ${reason}`;
