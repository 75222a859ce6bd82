import {
  DatabaseServerError,
  type DatabaseServer,
  type LocalPostgres,
  provideDatabaseServer,
  startLocalPostgres,
} from './postgres/index.ts';
import { Client } from 'pg';
import { SystemFailure } from './system-failure.ts';

/** How long a database may take to answer the first time. */
const connectTimeoutMs = 5_000;

/** How to get the database, and who hears of its loss. */
export interface DatabaseOptions {
  /** `given`: the server that `DATABASE_URL` names, where it is set. `own`: always one started for this run. */
  readonly which: 'given' | 'own';
  /** What to start again when the server went away by itself: `demo`. */
  readonly runName: string;
  /** Called once when the server goes away that nobody stopped. */
  readonly onLost: (failure: SystemFailure) => void;
}

/** The PostgreSQL that the services work on. */
export class SystemDatabase {
  /** Connection URL of who owns the tables. */
  readonly url: string;
  /** Where it is and what it is, without a password: `PostgreSQL 18.4 on 127.0.0.1:40123`. */
  readonly description: string;
  readonly #place: string;
  readonly #server: DatabaseServer;
  /** Undefined for a server that was only given. */
  readonly #own: LocalPostgres | undefined;
  #watch: Watch;

  private constructor(server: DatabaseServer, own: LocalPostgres | undefined, watch: Watch) {
    this.url = server.url;
    this.#server = server;
    this.#own = own;
    this.#watch = watch;
    this.#place = placeOf(server.url);
    this.description = `PostgreSQL ${watch.version} on ${this.#place}`;
  }

  /**
   * The database that `DATABASE_URL` names, or one started for this run.
   *
   * @throws SystemFailure when there is none to be had
   */
  static async open({ which, runName, onLost }: DatabaseOptions): Promise<SystemDatabase> {
    const given = which === 'given' && Boolean(process.env['DATABASE_URL']);
    try {
      const own = given ? undefined : await startLocalPostgres();
      const server = own ?? (await provideDatabaseServer());
      const remedy = given ? 'See what happened to the server that DATABASE_URL names.' : `Start the ${runName} again.`;
      const watch = await Watch.start(server.url, (reason) => {
        onLost(new SystemFailure(`PostgreSQL on ${placeOf(server.url)} went away (${reason})`, remedy));
      }).catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
      return new SystemDatabase(server, own, watch);
    } catch (error) {
      if (error instanceof DatabaseServerError) throw new SystemFailure(...asSentences(error.message));
      throw error;
    }
  }

  /** Whether the server was started for this run, and nobody else uses it. */
  get isOwn(): boolean {
    return this.#own !== undefined;
  }

  /**
   * Ends the server as a crash does: connections are cut, what was not committed is lost.
   *
   * @throws SystemFailure when the server was not started by this run
   */
  async stop(): Promise<void> {
    const own = this.#requireOwn();
    await this.#watch.end();
    await own.halt();
  }

  /**
   * Starts a stopped server again, on the same data and port. Resolves when it takes connections.
   *
   * @throws SystemFailure when the server was not started by this run
   */
  async start(): Promise<void> {
    await this.#requireOwn().resume();
    this.#watch = await this.#watch.again();
  }

  /** Ends the server for good where it was started for this run; leaves a given one alone. */
  async close(): Promise<void> {
    await this.#watch.end();
    await this.#server.stop();
  }

  #requireOwn(): LocalPostgres {
    if (this.#own !== undefined) return this.#own;
    throw new SystemFailure(
      `PostgreSQL on ${this.#place} cannot be stopped and started: DATABASE_URL names it, somebody else runs it`,
      'Unset DATABASE_URL and one is started for you.',
    );
  }
}

/** One connection that stays open to the end: it breaks in the moment the server does. */
class Watch {
  /** Such as `18.4`. */
  readonly version: string;
  readonly #url: string;
  readonly #onBroken: (reason: string) => void;
  readonly #endConnection: () => Promise<void>;

  private constructor(
    url: string,
    onBroken: (reason: string) => void,
    version: string,
    endConnection: () => Promise<void>,
  ) {
    this.#url = url;
    this.#onBroken = onBroken;
    this.version = version;
    this.#endConnection = endConnection;
  }

  /** @throws SystemFailure when the server does not answer */
  static async start(url: string, onBroken: (reason: string) => void): Promise<Watch> {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
    let ending = false;
    client.on('error', (error) => {
      if (ending) return;
      ending = true;
      onBroken(error.message);
    });
    const end = async (): Promise<void> => {
      ending = true;
      await client.end().catch(() => {});
    };
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
      return new Watch(url, onBroken, rows[0]?.server_version.split(' ')[0] ?? 'of an unknown version', end);
    } catch (error) {
      await end();
      throw new SystemFailure(
        `PostgreSQL on ${placeOf(url)} does not answer (${error instanceof Error ? error.message : String(error)})`,
        'Start it, correct DATABASE_URL, or unset it and one is started for you.',
      );
    }
  }

  end(): Promise<void> {
    return this.#endConnection();
  }

  /** The same on a new connection. */
  again(): Promise<Watch> {
    return Watch.start(this.#url, this.#onBroken);
  }
}

function placeOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '5432'}`;
}

/** The library says what happened and what to do in one text; here they are two. */
function asSentences(message: string): [happened: string, remedy: string] {
  const end = message.search(/\. (?=[A-Z])/);
  return end === -1
    ? [message, 'Set DATABASE_URL to a PostgreSQL 15 or newer.']
    : [message.slice(0, end), message.slice(end + 2)];
}
