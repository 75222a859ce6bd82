import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The version that everything here is checked against. It needs 1.34 at least, for the sleep before SIGTERM. */
export const kubernetesVersion = '1.36.3';

/** Where `verify/control-plane/build.sh` leaves what it builds. */
export const programCache = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'breakwater',
  `kubernetes-v${kubernetesVersion}`,
);

/** A program as a file, from what was built here or else from the `PATH`; undefined where it is in neither. */
export function findProgram(name: string): string | undefined {
  const folders = [programCache, ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/** @throws Error with instructions for missing programs */
export function requirePrograms<const Name extends string>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const found = names.map((name) => [name, findProgram(name)] as const);
  const missing = found.filter(([, file]) => file === undefined).map(([name]) => name);
  if (missing.length > 0) {
    throw new Error(
      `There is no ${missing.join(', no ')} in ${programCache} or on the PATH. etcd comes with "apt-get install etcd-server"; ` +
        'k8s/verify/control-plane/build.sh builds the others, which takes Go and about a quarter of an hour.',
    );
  }
  return Object.fromEntries(found) as Record<Name, string>;
}
