import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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

/** After a crash the port may be lent to somebody for a moment: a connection going out. */
const resumeAttempts = 20;
const resumeIntervalMs = 250;

/**
 * What this server trades away: it is thrown away at the end, so nothing on disk has to survive a power cut. A crash of
 * the server is another matter: what was committed has been handed to the operating system, which lives on, so
 * `synchronous_commit` stays on.
 */
const disposable = ['fsync=off', 'full_page_writes=off'];

/** One PostgreSQL server with its data in a temporary directory of its own. */
export class Cluster {
  readonly url: string;
  readonly directory: string;
  /** Resolves when the server has ended although nobody asked it to. */
  readonly lost: Promise<void>;
  readonly #launch: () => RunningServer;
  readonly #markLost: () => void;
  #server: RunningServer;

  private constructor(url: string, directory: string, server: RunningServer, launch: () => RunningServer) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.url = url;
    this.directory = directory;
    this.lost = promise;
    this.#markLost = resolve;
    this.#launch = launch;
    this.#server = this.#follow(server);
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
      const { postgres, ...others } = await runnableBinaries(await findBinaries(), directory, user);
      const data = path.join(directory, 'data');
      const password = randomBytes(18).toString('base64url');
      await initialise({ postgres, ...others }, data, path.join(directory, 'password'), password, user);
      const { port, server } = await startOnFreePort((port) => new RunningServer(postgres, data, port, user));
      return new Cluster(
        `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
        directory,
        server,
        () => new RunningServer(postgres, data, port, user),
      );
    } catch (error) {
      await remove(directory);
      throw error;
    }
  }

  /** Ends the server as a crash does: connections are cut, nothing is written that was not already. The data stays. */
  async halt(): Promise<void> {
    await this.#server.crash();
  }

  /**
   * Starts a halted server on the same data and port. It recovers first, then takes connections; resolves when it does.
   *
   * @throws DatabaseServerError when it does not start again
   */
  async resume(): Promise<void> {
    if (!this.#server.hasEnded) return;
    for (let attempt = 1; ; attempt += 1) {
      const server = this.#launch();
      try {
        await server.ready;
        this.#server = this.#follow(server);
        return;
      } catch (error) {
        await server.stop();
        if (!isPortTaken(error) || attempt === resumeAttempts) throw error;
      }
      await delay(resumeIntervalMs);
    }
  }

  /** Ends the server, connections included, and removes its data. Safe to call after the server has died. */
  async stop(): Promise<void> {
    await this.#server.stop();
    await remove(this.directory);
  }

  #follow(server: RunningServer): RunningServer {
    void server.ended.then(() => {
      if (!server.askedToEnd) this.#markLost();
    });
    return server;
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
  launch: (port: number) => RunningServer,
): Promise<{ port: number; server: RunningServer }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const server = launch(port);
    try {
      await server.ready;
      return { port, server };
    } catch (error) {
      await server.stop();
      if (!isPortTaken(error) || attempt === portAttempts) throw error;
    }
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof DatabaseServerError && /could not bind|could not create any/.test(error.message);
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
  #askedToEnd = false;

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

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether its end is no surprise. */
  get askedToEnd(): boolean {
    return this.#askedToEnd;
  }

  /** Ends the connections and then itself: PostgreSQL's fast shutdown. */
  stop(): Promise<void> {
    return this.#end('SIGINT');
  }

  /** PostgreSQL's immediate shutdown, which leaves the data as a crash would: to be recovered at the next start. */
  crash(): Promise<void> {
    return this.#end('SIGQUIT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#askedToEnd = true;
    if (this.#hasEnded) return;
    this.#child.kill(signal);
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs);
    await this.ended;
    clearTimeout(killer);
  }
}
