import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { DatabaseServerError } from './errors.ts';
import type { KeeperMessage } from './keeper-messages.ts';

/** A PostgreSQL server to work on. */
export interface DatabaseServer {
  /** Connection URL of an account that may create databases. */
  readonly url: string;
  /** Ends the server where this package started it; leaves one that was only given alone. May be called twice. */
  stop(): Promise<void>;
}

/** A PostgreSQL server that this package started. */
export interface LocalPostgres extends DatabaseServer {
  /** Where the data is, until `stop()`. */
  readonly directory: string;
}

/**
 * Starts a real PostgreSQL server on a free port of 127.0.0.1, with its data in a temporary directory.
 *
 * The server ends and its data is removed by `stop()`, and also when this process ends without calling it, in
 * whichever way. It installs no signal handler in this process and doesn't keep it alive.
 *
 * @throws DatabaseServerError with one line saying what is wrong and what to do
 */
export async function startLocalPostgres(): Promise<LocalPostgres> {
  const keeper = spawn(process.execPath, [keeperFile()], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  // A keeper that has already ended breaks the pipe; its exit is what we look at.
  keeper.stdin.on('error', () => {});

  const message = await firstMessage(keeper, keeper.stdout);
  if (!message.ready) throw new DatabaseServerError(message.failure);

  letGo(keeper);
  let stopped: Promise<void> | undefined;
  return {
    url: message.url,
    directory: message.directory,
    stop: () => (stopped ??= stop(keeper)),
  };
}

/** The keeper is run from where this module was loaded: TypeScript sources or their compiled form. */
function keeperFile(): string {
  return path.join(import.meta.dirname, `keeper${path.extname(import.meta.filename)}`);
}

async function firstMessage(keeper: ChildProcess, stdout: Readable): Promise<KeeperMessage> {
  const lines = createInterface({ input: stdout });
  return new Promise<KeeperMessage>((resolve) => {
    lines.once('line', (line) => {
      const message: KeeperMessage = JSON.parse(line);
      resolve(message);
    });
    keeper.once('error', (error) =>
      resolve({ ready: false, failure: `The database cannot be started: ${error.message}` }),
    );
    lines.once('close', () =>
      resolve({ ready: false, failure: 'The process that starts the database ended without a word.' }),
    );
  });
}

/** A forgotten `stop()` must not keep the process alive: the keeper cleans up when it is gone. */
function letGo(keeper: ChildProcess): void {
  keeper.unref();
  for (const stream of [keeper.stdin, keeper.stdout]) {
    if (stream && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
}

async function stop(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.ref();
  const exited = once(keeper, 'exit');
  keeper.stdin?.end();
  await exited;
}
