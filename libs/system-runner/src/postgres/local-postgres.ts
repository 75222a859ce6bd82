import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parentWatchdog } from '../parent-watchdog.ts';
import { freePort, loopback } from '../ports.ts';
import { type ProcessSpec, SupervisedProcess } from '../supervised-process.ts';
import { SystemFailure } from '../system-failure.ts';
import {
  findBinaries,
  findUnprivilegedUser,
  type PostgresBinaries,
  runnableBinaries,
  type UnprivilegedUser,
} from './binaries.ts';
import { DatabaseServerError, type DatabaseServer, requireSupportedVersion, withClient } from './database-server.ts';

const run = promisify(execFile);

/** A PostgreSQL server that this package started. */
export interface LocalPostgres extends DatabaseServer {
  /** The directory of its data, until `stop()`. */
  readonly directory: string;
  /**
   * Ends the server like a crash: connections are closed, uncommitted changes are lost, committed data stays.
   *
   * @throws DatabaseServerError after `stop()`
   */
  halt(): Promise<void>;
  /**
   * Starts a halted server again with the same data and port. Resolves when it accepts connections.
   *
   * @throws DatabaseServerError when it does not start
   */
  resume(): Promise<void>;
  /**
   * Stops all processes of the server where they are (SIGSTOP): connections stay open, new ones are accepted by the kernel,
   * and nothing responds.
   *
   * @throws Error when the server does not run
   */
  freeze(): Promise<void>;
  /** Lets the processes continue. */
  thaw(): void;
  /**
   * Starts a standby of this server, with a copy of its data. It streams all later changes from here, and accepts changes
   * itself after `select pg_promote()`.
   *
   * @throws DatabaseServerError when it does not start
   */
  startStandby(): Promise<LocalPostgres>;
}

/** Another program may take the port between the check and the start. */
const portAttempts = 5;
const stopTimeoutMs = 10_000;
/** Readiness is polled at this interval: a start takes less than a second. */
const pollIntervalMs = 20;

const never = new AbortController().signal;

/** The data is temporary, so it need not survive a power failure. It survives a crash of the server. */
const serverSettings = [
  'fsync=off',
  'full_page_writes=off',
  `listen_addresses=${loopback}`,
  // TCP only: a socket file would remain in a shared directory.
  'unix_socket_directories=',
  // Messages are in English: a port that is in use is recognised by its message.
  'lc_messages=C',
  'max_connections=200',
];

/**
 * The server that `DATABASE_URL` names, or a new one when it is unset or empty.
 *
 * @param environment default: `process.env`
 * @param parent where a new one has its data. Default: the directory for temporary files
 * @throws DatabaseServerError when the given server cannot be reached or is older than PostgreSQL 15, or when a new one
 * does not start
 */
export async function provideDatabaseServer(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  parent: string = tmpdir(),
): Promise<DatabaseServer> {
  const url = environment['DATABASE_URL'];
  if (!url) return startLocalPostgres(parent);
  await requireSupportedVersion(url);
  return { url, stop: async () => {} };
}

/**
 * Starts a PostgreSQL server on a free port of 127.0.0.1 with its data in a temporary directory.
 *
 * Both are removed by `stop()`, or when this program ends without calling it, however it ends. The server does not keep
 * this program alive, and no signal handler is installed.
 *
 * @param parent where the temporary directory is. Default: the system's directory for temporary files
 * @param environment the variables of the server. Default: those of this program
 * @throws DatabaseServerError
 */
export function startLocalPostgres(
  parent: string = tmpdir(),
  environment: NodeJS.ProcessEnv = process.env,
): Promise<LocalPostgres> {
  return startWith(parent, environment, async (directory, { initdb }, user) => {
    const password = randomBytes(18).toString('base64url');
    await initialize(initdb, directory, password, user);
    return password;
  });
}

/** @param prepare fills the directory with the data of the server. Returns the password of `postgres` */
async function startWith(
  parent: string,
  environment: NodeJS.ProcessEnv,
  prepare: (directory: string, binaries: PostgresBinaries, user: UnprivilegedUser | undefined) => Promise<string>,
): Promise<LocalPostgres> {
  const user = await findUnprivilegedUser();
  const directory = await mkdtemp(path.join(parent, 'breakwater-postgres-'));
  parentWatchdog.guardDirectory(directory);
  try {
    if (user) await chown(directory, user.uid, user.gid);
    const binaries = await runnableBinaries(await findBinaries(), directory, user);
    const password = await prepare(directory, binaries, user);
    const specOn = (port: number) => serverSpec(binaries.postgres, dataIn(directory), port, user, environment);
    const { port, server } = await startOnFreePort(specOn);
    const url = `postgres://postgres:${password}@${loopback}:${port}/postgres`;
    return new RunningPostgres(url, directory, server, specOn(port));
  } catch (error) {
    await removeDirectory(directory);
    throw asServerError(error);
  }
}

const dataIn = (directory: string): string => path.join(directory, 'data');

class RunningPostgres implements LocalPostgres {
  readonly url: string;
  readonly directory: string;
  readonly #spec: ProcessSpec;
  #server: SupervisedProcess;
  /** Operations run one after the other. */
  #lastOperation: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  readonly #frozen: number[] = [];

  constructor(url: string, directory: string, server: SupervisedProcess, spec: ProcessSpec) {
    this.url = url;
    this.directory = directory;
    this.#server = server;
    this.#spec = spec;
  }

  async halt(): Promise<void> {
    this.#requireNotStopped('halt');
    // Immediate shutdown: the next start recovers the data as after a crash.
    return this.#enqueue(() => this.#server.stop(stopTimeoutMs, 'SIGQUIT'));
  }

  async resume(): Promise<void> {
    this.#requireNotStopped('resume');
    return this.#enqueue(async () => {
      if (this.#server.exit !== undefined) this.#server = await startServer(this.#spec);
    });
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#enqueue(async () => {
      this.thaw();
      await this.#server.stop(stopTimeoutMs);
      await removeDirectory(this.directory);
    }));
  }

  freeze(): Promise<void> {
    return withClient(this.url, async (client) => {
      // First the process that starts all others.
      if (this.#server.pid !== undefined) this.#freezeProcess(this.#server.pid);
      const { rows } = await client.query<{ pid: number }>(
        'select pid from pg_stat_activity where pid <> pg_backend_pid()',
      );
      for (const { pid } of rows) this.#freezeProcess(pid);
    });
  }

  thaw(): void {
    for (const pid of this.#frozen.splice(0)) signal(pid, 'SIGCONT');
  }

  #freezeProcess(pid: number): void {
    signal(pid, 'SIGSTOP');
    this.#frozen.push(pid);
  }

  startStandby(): Promise<LocalPostgres> {
    return startWith(path.dirname(this.directory), this.#spec.env, async (directory, _binaries, user) => {
      const data = dataIn(directory);
      const label = await withClient(this.url, async (client) => {
        await client.query("select pg_backup_start('standby', true)");
        // As PostgreSQL's user, which then owns the copy.
        await run('cp', ['-a', dataIn(this.directory), data], { ...user, cwd: tmpdir() });
        const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
        return rows[0]?.labelfile ?? '';
      });
      await rm(path.join(data, 'postmaster.pid'));
      for (const [name, content] of Object.entries({ backup_label: label, 'standby.signal': '' })) {
        const file = path.join(data, name);
        await writeFile(file, content);
        if (user) await chown(file, user.uid, user.gid);
      }
      await appendFile(path.join(data, 'postgresql.auto.conf'), `primary_conninfo = '${this.url}'\n`);
      return new URL(this.url).password;
    });
  }

  #enqueue(operation: () => Promise<void>): Promise<void> {
    const done = this.#lastOperation.then(operation);
    this.#lastOperation = done.catch(() => {});
    return done;
  }

  #requireNotStopped(operation: string): void {
    if (this.#stopped === undefined) return;
    throw new DatabaseServerError(`PostgreSQL cannot ${operation}: it was stopped`, 'Start a new one.');
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}

function serverSpec(
  postgres: string,
  data: string,
  port: number,
  user: UnprivilegedUser | undefined,
  env: NodeJS.ProcessEnv,
): ProcessSpec {
  return {
    name: 'PostgreSQL',
    command: postgres,
    args: ['-D', data, '-p', String(port), ...serverSettings.flatMap((setting) => ['-c', setting])],
    cwd: tmpdir(),
    env,
    user,
    logFile: path.join(path.dirname(data), 'postgres.log'),
    keepsAlive: false,
    // Fast shutdown: open connections are closed.
    stopSignal: 'SIGINT',
    // Immediate shutdown: it also releases the server's shared memory, which SIGKILL would not.
    orphanSignal: 'SIGQUIT',
    probe: (pid) => statusOf(data, pid),
  };
}

/** PostgreSQL writes its state into the last line of `postmaster.pid`; the first line is the id of its process. */
async function statusOf(data: string, pid: number): Promise<string | undefined> {
  const lines = (await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const isReady = lines[0] === String(pid) && lines[7]?.trim() === 'ready';
  return isReady ? undefined : 'it does not accept connections';
}

async function startOnFreePort(
  specOn: (port: number) => ProcessSpec,
): Promise<{ port: number; server: SupervisedProcess }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { port, server: await startServer(specOn(port)) };
    } catch (error) {
      const isPortTaken = error instanceof Error && /could not bind|could not create any/.test(error.message);
      if (!isPortTaken || attempt === portAttempts) throw error;
    }
  }
}

async function startServer(spec: ProcessSpec): Promise<SupervisedProcess> {
  const server = new SupervisedProcess(spec);
  try {
    await server.ready(never, pollIntervalMs);
    return server;
  } catch (error) {
    await server.stop(stopTimeoutMs);
    throw asServerError(error);
  }
}

/** Creates the data directory. */
async function initialize(
  initdb: string,
  directory: string,
  password: string,
  user: UnprivilegedUser | undefined,
): Promise<void> {
  const data = dataIn(directory);
  const passwordFile = path.join(directory, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) await Promise.all([data, passwordFile].map((file) => chown(file, user.uid, user.gid)));
  const creation = new SupervisedProcess({
    name: 'initdb',
    command: initdb,
    args: [
      `--pgdata=${data}`,
      `--pwfile=${passwordFile}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The built-in locale depends on nothing in the system and sorts alike on every machine.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-sync',
    ],
    cwd: tmpdir(),
    env: process.env,
    user,
    logFile: path.join(directory, 'initdb.log'),
  });
  await creation.succeeded(never);
  await rm(passwordFile);
}

function asServerError(error: unknown): unknown {
  return error instanceof SystemFailure ? new DatabaseServerError(error.message, undefined, { cause: error }) : error;
}

async function removeDirectory(directory: string): Promise<void> {
  // A backend that is ending may still create files.
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  await parentWatchdog.release(directory);
}
