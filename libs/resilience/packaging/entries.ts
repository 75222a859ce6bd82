import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of the package. */
export const packageFolder: string = join(import.meta.dirname, '..');

/** One way into the package. */
export interface Entry {
  /** As it is imported, e.g. `@breakwater/resilience/nest`. */
  readonly specifier: string;
  /** The files behind it, absolute. */
  readonly types: string;
  readonly code: string;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

/** Every way into the package that has types, in the order of package.json. */
export async function entries(): Promise<readonly Entry[]> {
  const { name, exports } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as Manifest;
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : [
          {
            specifier: path.replace(/^\./, name),
            types: join(packageFolder, target.types),
            code: join(packageFolder, target.default),
          },
        ],
  );
}
