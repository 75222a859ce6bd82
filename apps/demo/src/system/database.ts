import { DatabaseServerError, provideDatabaseServer } from '@breakwater/local-postgres';
import { Client } from 'pg';
import { SystemFailure } from './system-failure.ts';

/** How long a database may take to answer the first time. */
const connectTimeoutMs = 5_000;

/** The PostgreSQL that the services work on. */
export interface Database {
  readonly url: string;
  /** Where it is and what it is, without a password: `PostgreSQL 18.4 on 127.0.0.1:40123`. */
  readonly description: string;
  /** Ends the server where it was started for us; leaves a given one alone. */
  stop(): Promise<void>;
}

/**
 * The database that `DATABASE_URL` names, or one started for this run.
 *
 * @param onLost called once when the server goes away before {@link Database.stop}
 * @throws SystemFailure when there is none to be had
 */
export async function openDatabase(onLost: (failure: SystemFailure) => void): Promise<Database> {
  const given = Boolean(process.env['DATABASE_URL']);
  const server = await provideDatabaseServer().catch((error: unknown) => {
    if (error instanceof DatabaseServerError) throw new SystemFailure(...asSentences(error.message));
    throw error;
  });

  // One connection stays open to the end: it breaks in the moment the server does.
  const watch = new Client({ connectionString: server.url, connectionTimeoutMillis: connectTimeoutMs });
  let ending = false;
  const { hostname, port } = new URL(server.url);
  const place = `${hostname}:${port || '5432'}`;
  watch.on('error', (error) => {
    if (ending) return;
    ending = true;
    const remedy = given ? 'See what happened to the server that DATABASE_URL names.' : 'Start the demo again.';
    onLost(new SystemFailure(`PostgreSQL on ${place} went away (${error.message})`, remedy));
  });

  async function stop(): Promise<void> {
    ending = true;
    await watch.end().catch(() => {});
    await server.stop();
  }

  try {
    await watch.connect();
    const { rows } = await watch.query<{ server_version: string }>('SHOW server_version');
    const version = rows[0]?.server_version.split(' ')[0] ?? 'of an unknown version';
    return { url: server.url, description: `PostgreSQL ${version} on ${place}`, stop };
  } catch (error) {
    await stop();
    throw new SystemFailure(
      `PostgreSQL on ${place} does not answer (${error instanceof Error ? error.message : String(error)})`,
      'Start it, correct DATABASE_URL, or unset it and one is started for you.',
    );
  }
}

/** The library says what happened and what to do in one text; here they are two. */
function asSentences(message: string): [happened: string, remedy: string] {
  const end = message.search(/\. (?=[A-Z])/);
  return end === -1
    ? [message, 'Set DATABASE_URL to a PostgreSQL 15 or newer.']
    : [message.slice(0, end), message.slice(end + 2)];
}
