import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
// Not from the main entry: Nx runs this file whenever it looks for cached results, so it must load quickly.
import { findProgram } from '@breakwater/system-runner/programs';

/** The version of all checks. The manifests need at least 1.34, for the sleep before SIGTERM. */
export const kubernetesVersion = '1.36.3';

/** The folder into which `verify/control-plane/build.sh` builds programs. */
const programCache = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'breakwater',
  `kubernetes-v${kubernetesVersion}`,
);

/** The file of a program in the build folder or on the `PATH`; undefined when it is in neither. */
export function findKubernetesProgram(name: string): string | undefined {
  return findProgram(name, [programCache, process.env['PATH']].join(delimiter));
}

/** @throws Error with instructions for missing programs */
export function requirePrograms<const Name extends string>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const found = names.map((name) => [name, findKubernetesProgram(name)] as const);
  const missing = found.filter(([, file]) => file === undefined).map(([name]) => name);
  if (missing.length > 0) {
    throw new Error(
      `${missing.join(', ')} not found in ${programCache} or on the PATH. Install etcd with "apt-get install etcd-server"; ` +
        'k8s/verify/control-plane/build.sh builds the others with Go in about 15 minutes.',
    );
  }
  return Object.fromEntries(found) as Record<Name, string>;
}
