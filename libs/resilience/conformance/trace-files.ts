import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/**
 * The traces of one file of a folder, plain (`name.jsonl`) or gzipped (`name.jsonl.gz`). A file that is not there has none.
 *
 * @throws SyntaxError naming file and line when a line is not JSON
 */
export async function* readTraces<T>(folder: string, name: string): AsyncGenerator<T> {
  const path = await firstExisting([join(folder, `${name}.jsonl`), join(folder, `${name}.jsonl.gz`)]);
  if (path === undefined) return;

  const file = createReadStream(path);
  const lines = createInterface({ input: path.endsWith('.gz') ? file.pipe(createGunzip()) : file });
  let lineNumber = 0;
  for await (const line of lines) {
    lineNumber++;
    if (line.trim() !== '') yield parse<T>(line, path, lineNumber);
  }
}

function parse<T>(line: string, path: string, lineNumber: number): T {
  try {
    return JSON.parse(line) as T;
  } catch (error) {
    throw new SyntaxError(`${path}, line ${lineNumber}, is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

async function firstExisting(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}
