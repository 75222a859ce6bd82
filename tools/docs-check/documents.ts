import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readMarkdown, type MarkdownPage } from './markdown.ts';

export const workspaceRoot = path.join(import.meta.dirname, '../..');

/** Folders whose Markdown is not ours. */
const foreign = new Set(['node_modules', 'dist', 'coverage', 'test-results', 'results', '.nx', '.git']);

/** The paths of all pages, from the top of the project, with slashes. */
export const pagePaths: readonly string[] = globSync('**/*.md', {
  cwd: workspaceRoot,
  exclude: (name) => foreign.has(path.basename(name)),
})
  .map((file) => file.split(path.sep).join('/'))
  .sort();

export const readPage = (file: string): MarkdownPage =>
  readMarkdown(readFileSync(path.join(workspaceRoot, file), 'utf8'));
