import { cp, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { PostgresBinaries } from './binaries.ts';
import { DatabaseServerError, reasonOf } from './errors.ts';
import { run } from './program.ts';
import type { UnprivilegedUser } from './unprivileged-user.ts';

/**
 * The programs in a state in which they run. As npm leaves them they do, but for two cases in which a copy beside the
 * data serves: the checkout is closed to the user who runs them, as one below /root is, or npm was told to run no
 * install scripts, and the links between the libraries are missing.
 *
 * @param directory where a copy goes, should it take one
 * @param user who runs them; default: this process's user
 * @throws DatabaseServerError when a copy doesn't run either
 */
export async function runnableBinaries(
  binaries: PostgresBinaries,
  directory: string,
  user: UnprivilegedUser | undefined,
): Promise<PostgresBinaries> {
  try {
    await run(binaries.postgres, ['--version'], user);
    return binaries;
  } catch {
    const copy = await copyOf(binaries, directory);
    try {
      await run(copy.postgres, ['--version'], user);
      return copy;
    } catch (cause) {
      throw new DatabaseServerError(
        `The PostgreSQL that npm installed does not run on this machine (${binaries.postgres}): ${reasonOf(cause)}. ` +
          'Set DATABASE_URL to a PostgreSQL 15 or newer.',
        { cause },
      );
    }
  }
}

async function copyOf(binaries: PostgresBinaries, directory: string): Promise<PostgresBinaries> {
  const original = path.dirname(path.dirname(binaries.postgres));
  const copy = path.join(directory, 'native');
  await cp(original, copy, { recursive: true, verbatimSymlinks: true });
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(path.join(copy, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  for (const { source, target } of links) {
    // Paths in the list begin with `native`. A link that is there is as good as one of ours.
    const link = path.join(directory, target);
    await symlink(path.relative(path.dirname(target), source), link).catch(() => {});
  }
  const inCopy = (program: string): string => path.join(copy, path.relative(original, program));
  return { postgres: inCopy(binaries.postgres), initdb: inCopy(binaries.initdb) };
}
