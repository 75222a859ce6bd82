import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** A difference between a trace and this library. */
export interface Difference {
  readonly trace: string;
  /** From 1; 0 is the state after construction. */
  readonly step: number;
  readonly what: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** The result of replaying a file of traces. */
export interface ReplayResult {
  readonly traces: number;
  readonly steps: number;
  /** The first difference of each trace that differs. */
  readonly differences: readonly Difference[];
}

export function describeDifference({ trace, step, what, expected, actual }: Difference): string {
  return `${trace}, step ${step}: ${what} should be ${JSON.stringify(expected)} but is ${JSON.stringify(actual)}`;
}

export function addResults(results: readonly ReplayResult[]): ReplayResult {
  return {
    traces: results.reduce((sum, { traces }) => sum + traces, 0),
    steps: results.reduce((sum, { steps }) => sum + steps, 0),
    differences: results.flatMap(({ differences }) => differences),
  };
}

/** A difference without its position; `undefined` for equal values. */
export type Comparison = Pick<Difference, 'what' | 'expected' | 'actual'> | undefined;

export function compare(what: string, expected: unknown, actual: unknown): Comparison {
  return JSON.stringify(expected) === JSON.stringify(actual) ? undefined : { what, expected, actual };
}

/**
 * Reads the traces of a file in a folder, plain (`name.jsonl`) or gzipped (`name.jsonl.gz`). A missing file has none.
 *
 * @throws SyntaxError with file and line when a line is not JSON
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
