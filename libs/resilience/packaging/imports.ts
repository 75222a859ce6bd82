import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** What is imported by the files that can be reached from one of them. */
export interface Imports {
  /** The files of this package, absolute. */
  readonly files: readonly string[];
  /** Everything else, by the name under which it is imported: the package, without a path into it. */
  readonly packages: readonly string[];
}

/** Follows the imports of built code or types, those within the package to their ends. */
export async function importsFrom(file: string): Promise<Imports> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const follow = async (path: string): Promise<void> => {
    if (files.has(path)) return;
    files.add(path);
    for (const specifier of specifiers(await readFile(path, 'utf8'))) {
      if (specifier.startsWith('.')) await follow(besides(path, specifier));
      else packages.add(packageOf(specifier));
    }
  };
  await follow(file);
  return { files: [...files], packages: [...packages].sort() };
}

const importing = [
  /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
  /\brequire\(\s*['"]([^'"]+)['"]/g,
  /^\/\/\/\s*<reference\s+types=['"]([^'"]+)['"]/gm,
];

function specifiers(code: string): string[] {
  const withoutComments = code.replaceAll(/\/\*[\s\S]*?\*\//g, '');
  return importing.flatMap((pattern) => [...withoutComments.matchAll(pattern)].map(([, specifier = '']) => specifier));
}

/** Types name the source of the file that they describe. */
function besides(from: string, specifier: string): string {
  const path = resolve(dirname(from), specifier);
  return from.endsWith('.d.ts') ? path.replace(/(?:\.d)?\.[jt]s$/, '.d.ts') : path;
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:*';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
