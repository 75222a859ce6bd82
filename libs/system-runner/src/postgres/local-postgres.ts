import { DatabaseServerError } from './errors.ts';
import { Keeper } from './keeper-process.ts';

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
  /**
   * Ends the server as a crash does: connections are cut, what was not committed is lost, what was committed is in the
   * data, which stays.
   *
   * @throws DatabaseServerError when there is no server any more
   */
  halt(): Promise<void>;
  /**
   * Starts a halted server again, on the same data and the same port. Resolves when it takes connections.
   *
   * @throws DatabaseServerError when it doesn't start
   */
  resume(): Promise<void>;
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
  const keeper = new Keeper();
  const message = await keeper.firstMessage();
  if (!message.ready) throw new DatabaseServerError(message.failure);

  keeper.letGo();
  let stopped: Promise<void> | undefined;
  return {
    url: message.url,
    directory: message.directory,
    halt: () => keeper.ask('halt'),
    resume: () => keeper.ask('resume'),
    stop: () => (stopped ??= keeper.stop()),
  };
}
