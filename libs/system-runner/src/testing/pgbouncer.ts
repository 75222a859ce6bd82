import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findUnprivilegedUser } from '../postgres/binaries.ts';
import { withClient } from '../postgres/database-server.ts';
import { freePort, loopback } from '../ports.ts';
import { findProgram } from '../programs.ts';
import { SupervisedProcess } from '../supervised-process.ts';

/** A PgBouncer in transaction mode, in front of one database. */
export interface PgBouncer {
  /** The URL of the database through it. */
  readonly url: string;
  stop(): Promise<void>;
}

// Debian installs it in a directory that is not on the PATH of every user.
const program = findProgram('pgbouncer', [process.env['PATH'], '/usr/sbin'].join(path.delimiter));

/** Whether PgBouncer is installed. */
export const hasPgBouncer = program !== undefined;

/**
 * Starts a PgBouncer with its default settings, except for the mode and those given.
 *
 * @throws Error when it is not installed or does not start
 */
export async function startPgBouncer(
  databaseUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<PgBouncer> {
  if (program === undefined) throw new Error('PgBouncer is not installed.');
  const { hostname, port: databasePort, username, password } = new URL(databaseUrl);
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-pgbouncer-'));
  const file = (name: string, lines: readonly string[]): string => {
    const created = path.join(directory, name);
    writeFileSync(created, `${lines.join('\n')}\n`, { mode: 0o600 });
    return created;
  };
  const port = await freePort();
  const users = file('users.txt', [`"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"`]);
  const all = {
    listen_addr: loopback,
    listen_port: port,
    unix_socket_dir: '',
    auth_file: users,
    pool_mode: 'transaction',
  };
  const configuration = file('pgbouncer.ini', [
    '[databases]',
    `* = host=${hostname} port=${databasePort || 5432}`,
    '[pgbouncer]',
    ...Object.entries({ ...all, ...settings }).map(([name, value]) => `${name} = ${value}`),
  ]);
  // Like PostgreSQL, it refuses to run as root.
  const user = await findUnprivilegedUser();
  if (user) for (const owned of [directory, users, configuration]) chownSync(owned, user.uid, user.gid);

  const url = new URL(databaseUrl);
  url.host = `${loopback}:${port}`;
  const bouncer = new SupervisedProcess({
    name: 'PgBouncer',
    command: program,
    args: [configuration],
    cwd: directory,
    env: process.env,
    user,
    keepsAlive: false,
    logFile: path.join(directory, 'log'),
    probe: () =>
      withClient(url.href, async (client) => void (await client.query('select 1'))).then(
        () => undefined,
        (error: unknown) => String(error),
      ),
  });
  const stop = async (): Promise<void> => {
    await bouncer.stop();
    rmSync(directory, { recursive: true });
  };
  try {
    await bouncer.ready(new AbortController().signal, 50);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: url.href, stop };
}
