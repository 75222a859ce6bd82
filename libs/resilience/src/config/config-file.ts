import { readFile } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigFileError } from './config-file.error.ts';

/** A configuration file as it was found. */
export interface ConfigFile {
  /** What to call it in messages: its path from the working directory, where it is below it. */
  readonly label: string;
  /** Its YAML documents (usually one) as plain values. */
  readonly documents: readonly unknown[];
}

/** What is used of `yaml`. Written out here, since its own types would be needed by those, too, who have no files. */
interface YamlPackage {
  parseAllDocuments(text: string, options: { readonly merge: boolean }): Iterable<YamlDocument>;
}

interface YamlDocument {
  readonly errors: readonly YamlError[];
  toJS(): unknown;
}

interface YamlError extends Error {
  readonly code: string;
  readonly linePos?: readonly { readonly line: number; readonly col: number }[] | undefined;
}

/** How `yaml` is come by; a peer that only those need who have files. */
export type YamlImport = () => Promise<YamlPackage>;

/**
 * Reads a YAML file. Merge keys (`<<: *default`) are understood, as Spring does.
 *
 * @param file a path, relative to the working directory or absolute, or a `file:` URL
 * @throws ConfigFileError naming the resolved path, and line and column of what is no YAML
 */
export async function readConfigFile(
  file: string | URL,
  importYaml: YamlImport = () => import('yaml'),
): Promise<ConfigFile> {
  const path = file instanceof URL ? fileURLToPath(file) : resolve(file);
  const label = labelOf(path);
  const text = await textOf(path);
  const parser = await yaml(path, importYaml);

  const documents = [...parser.parseAllDocuments(text, { merge: true })];
  for (const { errors } of documents) {
    const [error] = errors;
    if (error === undefined) continue;
    const [{ line, col } = { line: 1, col: 1 }] = error.linePos ?? [];
    const [summary = error.code] = error.message.split(/ at line \d+|\n/);
    throw new ConfigFileError(path, `${label} is not valid YAML, line ${line}, column ${col}: ${summary}`, {
      cause: error,
    });
  }
  return { label, documents: documents.map((document) => document.toJS()) };
}

function labelOf(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere === '..' || fromHere.startsWith(`..${sep}`) ? path : fromHere;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw new ConfigFileError(path, `The configuration file ${path} cannot be read: ${reason}.`, { cause: error });
  }
}

async function yaml(path: string, importYaml: YamlImport): ReturnType<YamlImport> {
  try {
    return await importYaml();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const message = `Reading ${path} needs the package 'yaml', which is not installed: npm install yaml`;
    throw new ConfigFileError(path, message, { cause: error });
  }
}
