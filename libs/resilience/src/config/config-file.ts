/* oxlint-disable no-restricted-imports -- this file reads files */
import { readFile } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ConfigFile, ConfigFileError, documentsInText, type YamlImport } from './config-text.ts';

/** Reads configuration files. See `readConfigFile`. */
export function readConfigFiles(files: readonly (string | URL)[]): Promise<readonly ConfigFile[]> {
  return Promise.all(files.map((file) => readConfigFile(file)));
}

/**
 * Reads a file of YAML (`.yml`, `.yaml`, or JSON as `.json`), or of Java's properties (`.properties`). As in Spring, YAML
 * may contain merge keys (`<<: *default`), and a line `#---` separates documents of properties.
 *
 * @param file a path, relative to the working directory or absolute, or a `file:` URL
 * @throws ConfigFileError with the resolved path, and with the line of a fault in the text
 */
export async function readConfigFile(
  file: string | URL,
  importYaml: YamlImport = () => import('yaml'),
): Promise<ConfigFile> {
  const path = file instanceof URL ? fileURLToPath(file) : resolve(file);
  const label = labelOf(path);
  const text = await textOf(path);
  return { label, documents: await documentsInText(text, path, label, importYaml) };
}

function labelOf(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith(`..${sep}`) ? path : fromHere;
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
