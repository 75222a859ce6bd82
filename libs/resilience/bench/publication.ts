import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { ResultDocument } from './document.ts';
import { asTables } from './tables.ts';

const documentation = join(import.meta.dirname, '../../../docs');

/** The page, whose tables are written from the results. */
export const page: string = join(documentation, 'performance.md');
/** The results that it is written from. */
export const resultFile: string = join(documentation, 'performance/library.json');

const [begin, end] = ['<!-- Written by npm run bench -- --publish. -->', '<!-- So far. -->'];

/** Writes the results, and the tables of the page. */
export async function publish(document: ResultDocument): Promise<void> {
  await writeFile(resultFile, await formatted(JSON.stringify(document), resultFile));
  await writeFile(page, await pageWith(document));
}

/** The page as it is with these results. @throws Error when the page has no place for them */
export async function pageWith(document: ResultDocument): Promise<string> {
  const text = await readFile(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${page} has no place for the tables, between '${begin}' and '${end}'`);
  return formatted(`${text.slice(0, from)}${begin}\n\n${asTables(document)}\n\n${text.slice(to)}`, page);
}

async function formatted(text: string, file: string): Promise<string> {
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}
