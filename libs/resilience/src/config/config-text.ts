import { ResilienceError } from '../core/errors.ts';
import { propertiesDocuments } from './properties-file.ts';

/**
 * A configuration file cannot be read: it is missing, its kind is not known, its text is not valid, or the YAML parser is
 * not installed.
 */
export class ConfigFileError extends ResilienceError {
  readonly code = 'CONFIG_FILE_UNREADABLE';
  /** The resolved path. */
  readonly path: string;

  constructor(path: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.path = path;
  }
}

/** The content of a configuration file. */
export interface ConfigFile {
  /** The file in messages: its path relative to the working directory, if it is below it. */
  readonly label: string;
  /** Its documents (usually one) as plain values. */
  readonly documents: readonly unknown[];
}

/** The part of `yaml` in use. Declared here, because users without files do not have its types. */
interface YamlPackage {
  parseAllDocuments(text: string, options: { readonly merge: boolean }): Iterable<YamlDocument>;
}

interface YamlDocument {
  readonly errors: readonly YamlError[];
  toJS(): unknown;
}

interface YamlError extends Error {
  readonly linePos?: readonly { readonly line: number; readonly col: number }[] | undefined;
}

/** Imports `yaml`, an optional peer dependency. */
export type YamlImport = () => Promise<YamlPackage>;

/**
 * The documents in the text of a configuration file. As in Spring, YAML may contain merge keys (`<<: *default`), and a line
 * `#---` separates documents of properties.
 *
 * @param path the file's name; its extension says what the text is
 * @param label the file in messages
 * @throws ConfigFileError with the line of a fault in the text
 */
export async function documentsInText(
  text: string,
  path: string,
  label: string,
  importYaml: YamlImport,
): Promise<readonly unknown[]> {
  const extension = /\.[^./\\]*$/.exec(path)?.[0].toLowerCase() ?? '';
  if (extension === '.properties') return properties(text, path, label);
  if (yamlExtensions.includes(extension)) return yamlDocuments(text, path, label, importYaml);
  const given = extension === '' ? 'has no extension' : `has the extension ${extension}`;
  const allowed = [...yamlExtensions, '.properties'].join(', ');
  throw new ConfigFileError(path, `The configuration file ${path} ${given}; allowed: ${allowed}.`);
}

/** JSON is YAML, too. */
const yamlExtensions: readonly string[] = ['.yml', '.yaml', '.json'];

function properties(text: string, path: string, label: string): readonly unknown[] {
  try {
    return propertiesDocuments(text);
  } catch (error) {
    const { message } = error as Error;
    throw new ConfigFileError(path, `${label} is not a valid properties file, ${message}`, { cause: error });
  }
}

async function yamlDocuments(
  text: string,
  path: string,
  label: string,
  importYaml: YamlImport,
): Promise<readonly unknown[]> {
  const parser = await yaml(path, importYaml);
  const documents = [...parser.parseAllDocuments(text, { merge: true })];
  for (const { errors } of documents) {
    const [error] = errors;
    if (error === undefined) continue;
    const [{ line, col } = { line: 1, col: 1 }] = error.linePos ?? [];
    const summary = error.message.replace(/( at line \d|\n).*/s, '');
    const message = `${label} is not valid YAML, line ${line}, column ${col}: ${summary}`;
    throw new ConfigFileError(path, message, { cause: error });
  }
  return documents.map((document) => valueOf(document, path, label));
}

/** The value of a document that is valid as text. Its anchors, aliases and merge keys may still be wrong. */
function valueOf(document: YamlDocument, path: string, label: string): unknown {
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    const { message } = error as Error;
    throw new ConfigFileError(path, `${label} is not valid YAML: ${message}`, { cause: error });
  }
  if (!containsItself(value)) return value;
  throw new ConfigFileError(path, `${label} is not valid YAML: an anchor contains an alias of itself`);
}

function containsItself(value: unknown, within: ReadonlySet<unknown> = new Set()): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (within.has(value)) return true;
  const inside = new Set([...within, value]);
  return Object.values(value).some((each) => containsItself(each, inside));
}

async function yaml(path: string, importYaml: YamlImport): ReturnType<YamlImport> {
  try {
    return await importYaml();
  } catch (error) {
    // The second is the code where this library was loaded as CommonJS.
    const missing: readonly unknown[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];
    if (!missing.includes((error as NodeJS.ErrnoException).code)) throw error;
    const message = `Reading ${path} needs the package 'yaml', which is not installed: npm install yaml`;
    throw new ConfigFileError(path, message, { cause: error });
  }
}
