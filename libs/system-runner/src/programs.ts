import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Finds a program.
 *
 * @param searchPath directories to search. Default: the PATH of this program
 * @returns its file; undefined when it is not installed
 */
export function findProgram(name: string, searchPath: string = process.env['PATH'] ?? ''): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return searchPath
    .split(path.delimiter)
    .filter((directory) => path.isAbsolute(directory))
    .map((directory) => path.join(directory, file))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
