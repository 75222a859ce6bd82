import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DatabaseServerError } from './errors.ts';

const run = promisify(execFile);

/** The numbers a child process is started with, so that it isn't root. */
export interface UnprivilegedUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom to start PostgreSQL as: it refuses to run as root. No account is created for it; `postgres` serves where it
 * exists, else `nobody`, which every usual system has.
 *
 * @returns undefined when this process isn't root, so that its own user serves
 * @throws DatabaseServerError when this process is root and there is nobody else to be
 */
export async function findUnprivilegedUser(): Promise<UnprivilegedUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;

  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // Not on this system: try the next one.
    }
  }
  throw new DatabaseServerError(
    'PostgreSQL refuses to run as root and this system has neither a user `postgres` nor `nobody` to run it as. ' +
      'Run as an ordinary user, or set DATABASE_URL to a PostgreSQL 15 or newer.',
  );
}
