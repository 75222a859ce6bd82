import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findBinaries, type PostgresBinaries } from './binaries.ts';
import { DatabaseServerError, reasonOf } from './errors.ts';
import { run, tailOf } from './program.ts';
import { runnableBinaries } from './runnable-binaries.ts';
import { findUnprivilegedUser, type UnprivilegedUser } from './unprivileged-user.ts';

/** Someone else may take the port between the moment it was found free and the moment PostgreSQL binds it. */
const portAttempts = 5;
const startTimeoutMs = 60_000;
/** How long a fast shutdown may take before PostgreSQL is killed. */
const stopTimeoutMs = 10_000;

/** What this server trades away: it is thrown away at the end, so nothing on disk has to survive a power cut. */
const disposable = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/** One PostgreSQL server with its data in a temporary directory of its own. */
export class Cluster {
  readonly url: string;
  readonly directory: string;
  readonly #server: RunningServer;

  private constructor(url: string, directory: string, server: RunningServer) {
    this.url = url;
    this.directory = directory;
    this.#server = server;
  }

  /** Resolves when the server has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#server.ended;
  }

  /**
   * Creates the data directory and starts the server on a free port of 127.0.0.1.
   *
   * @throws DatabaseServerError when it cannot; nothing is left behind then
   */
  static async start(): Promise<Cluster> {
    const user = await findUnprivilegedUser();
    const directory = await mkdtemp(path.join(tmpdir(), 'breakwater-postgres-'));
    try {
      if (user) await chown(directory, user.uid, user.gid);
      const binaries = await runnableBinaries(await findBinaries(), directory, user);
      const data = path.join(directory, 'data');
      const password = randomBytes(18).toString('base64url');
      await initialise(binaries, data, path.join(directory, 'password'), password, user);
      const { port, server } = await startOnFreePort(binaries, data, user);
      return new Cluster(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`, directory, server);
    } catch (error) {
      await remove(directory);
      throw error;
    }
  }

  /** Ends the server, connections included, and removes its data. Safe to call after the server has died. */
  async stop(): Promise<void> {
    await this.#server.stop();
    await remove(this.directory);
  }
}

async function remove(directory: string): Promise<void> {
  // A dying backend may still write a file between the listing and the removal of its directory.
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

async function initialise(
  { initdb }: PostgresBinaries,
  data: string,
  passwordFile: string,
  password: string,
  user: UnprivilegedUser | undefined,
): Promise<void> {
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) await Promise.all([data, passwordFile].map((file) => chown(file, user.uid, user.gid)));
  try {
    await run(
      initdb,
      [
        `--pgdata=${data}`,
        `--pwfile=${passwordFile}`,
        '--username=postgres',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The built-in locale needs nothing from the system and sorts alike on every machine.
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-sync',
      ],
      user,
    );
  } catch (cause) {
    throw new DatabaseServerError(`PostgreSQL could not create its data directory ${data}: ${reasonOf(cause)}`, {
      cause,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function startOnFreePort(
  binaries: PostgresBinaries,
  data: string,
  user: UnprivilegedUser | undefined,
): Promise<{ port: number; server: RunningServer }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const server = new RunningServer(binaries.postgres, data, port, user);
    try {
      await server.ready;
      return { port, server };
    } catch (error) {
      await server.stop();
      const portTaken =
        error instanceof DatabaseServerError && /could not bind|could not create any/.test(error.message);
      if (!portTaken || attempt === portAttempts) throw error;
    }
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new DatabaseServerError('No free port could be found on 127.0.0.1.'));
      });
    });
  });
}

/** A `postgres` process from its start to its end. */
class RunningServer {
  /** Resolves when connections are accepted; rejects when the process ends before that, or takes too long. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #hasEnded = false;

  constructor(postgres: string, data: string, port: number, user: UnprivilegedUser | undefined) {
    const settings = [
      'listen_addresses=127.0.0.1',
      // TCP only: a socket file would be left behind in a shared directory.
      'unix_socket_directories=',
      // Readiness is read from a message, so messages are in English.
      'lc_messages=C',
      'max_connections=200',
      ...disposable,
    ];
    this.#child = spawn(postgres, ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])], {
      ...user,
      cwd: tmpdir(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const tail = tailOf(this.#child);
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true;
        resolve();
      };
      this.#child.once('close', end);
      this.#child.once('error', end);
    });
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new DatabaseServerError(`PostgreSQL was not ready after ${startTimeoutMs / 1000} s: ${tail()}`)),
        startTimeoutMs,
      );
      this.#child.stderr?.on('data', (chunk: Buffer) => {
        if (!chunk.includes('ready to accept connections')) return;
        clearTimeout(timer);
        resolve();
      });
      this.#child.once('error', (cause) => {
        clearTimeout(timer);
        reject(new DatabaseServerError(`PostgreSQL cannot be started: ${reasonOf(cause)}`, { cause }));
      });
      this.#child.once('close', () => {
        clearTimeout(timer);
        reject(new DatabaseServerError(`PostgreSQL ended while starting: ${tail()}`));
      });
    });
    // Whoever stops the server before it was ready has said that it needn't be.
    this.ready.catch(() => {});
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    // SIGINT is PostgreSQL's fast shutdown: it ends the connections and then itself.
    this.#child.kill('SIGINT');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs);
    await this.ended;
    clearTimeout(killer);
  }
}
