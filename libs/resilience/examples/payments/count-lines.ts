import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files, by what they use. */
const files = {
  'the standard pipeline': 'standard-pipeline.ts',
  cockatiel: 'cockatiel.ts',
  'opossum and axios-retry': 'opossum.ts',
} as const;

/** The number of lines of a file of this folder, without imports, comments and blank lines. */
export async function linesOf(file: string): Promise<number> {
  const source = await readFile(join(import.meta.dirname, file), 'utf8');
  const code = source.replace(/^import [^;]*;\n/gm, '');
  return code.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length;
}

/** The lines of all files, as a table in Markdown. */
export async function tableOf(): Promise<string> {
  const rows = await Promise.all(
    Object.entries(files).map(async ([library, file]) => [library, String(await linesOf(file))]),
  );
  const widths = [0, 1].map((at) => Math.max(...[['with', 'lines'], ...rows].map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(['with', 'lines']), rule, ...rows.map(line)].join('\n');
}
