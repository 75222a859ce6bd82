import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { sourceEntries, type SourceManifest } from './manifest.ts';

/** The folder of the package. */
export const packageFolder: string = join(import.meta.dirname, '..');

/** The folder of the package for npm, which `packaging/build.ts` makes. */
export const publishedFolder: string = join(packageFolder, 'package');

/** An entry of the package. */
export interface Entry {
  /** Its specifier, e.g. `@breakwater/resilience/nest`. */
  readonly specifier: string;
  /** Its compiled code, an absolute path. */
  readonly code: string;
  /** Its published types and code, absolute paths. */
  readonly published: { readonly types: string; readonly code: string };
}

/** The entries with code, in the order of package.json. */
export async function entries(): Promise<readonly Entry[]> {
  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as SourceManifest;
  return sourceEntries(manifest).map(({ path, file }) => ({
    specifier: path.replace(/^\./, manifest.name),
    code: join(packageFolder, 'dist', `${file}.js`),
    published: {
      types: join(publishedFolder, 'dist', `${file}.d.ts`),
      code: join(publishedFolder, 'dist', `${file}.js`),
    },
  }));
}

/** The source of a module that exports each entry by a name, such as `nestAxios`. CommonJS if the file ends in `.cts`. */
export async function entryList(file: string): Promise<string> {
  const lines = (await entries()).map(({ specifier }) => {
    const path = specifier.split('/')[2] ?? 'core';
    const name = path.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    return file.endsWith('.cts')
      ? `export import ${name} = require('${specifier}');\n`
      : `export * as ${name} from '${specifier}';\n`;
  });
  return lines.join('');
}

/** The imports of a file, including those of the files that it imports. */
export interface Imports {
  /** The files of this package, absolute. */
  readonly files: readonly string[];
  /** Other packages, without a path into them. */
  readonly packages: readonly string[];
}

/** Follows the imports of built code or types within the package. */
export async function importsFrom(file: string): Promise<Imports> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const follow = async (path: string): Promise<void> => {
    if (files.has(path)) return;
    files.add(path);
    for (const specifier of specifiers(await readFile(path, 'utf8'))) {
      if (specifier.startsWith('.')) await follow(resolved(path, specifier));
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

/** Type files import the source of the file that they describe. */
function resolved(from: string, specifier: string): string {
  const path = resolve(dirname(from), specifier);
  return from.endsWith('.d.ts') ? path.replace(/(?:\.d)?\.[jt]s$/, '.d.ts') : path;
}

function packageOf(specifier: string): string {
  if (isBuiltin(specifier)) return 'node:*';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
