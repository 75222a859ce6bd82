import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Counts of tests. */
export interface Tests {
  readonly passed: number;
  readonly failed: number;
}

/** The library in a public application. */
export interface PublicResult {
  readonly repository: string;
  readonly commit: string;
  readonly licence: string;
  readonly made: string;
  /** What differs from the files at the commit. */
  readonly adapted?: string | undefined;
  readonly decorates: string;
  readonly date: string;
  /** The last commit that changed the code of the library. */
  readonly testedCommit: string;
  readonly node: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Without the library, and with it. */
  readonly before: Tests;
  readonly after: Tests;
}

export const publicResultsFile: string = join(import.meta.dirname, 'public-applications.json');

export async function readPublicResults(): Promise<readonly PublicResult[]> {
  const text = await readFile(publicResultsFile, 'utf8').catch(() => '[]');
  return JSON.parse(text) as readonly PublicResult[];
}
