import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { DatabaseServerError, reasonOf } from './errors.ts';

const connectTimeoutMs = 5_000;

/** A database of one's own on a server. */
export interface Database {
  readonly url: string;
  /** Removes the database and ends whatever is still connected to it. May be called twice. */
  drop(): Promise<void>;
}

/**
 * Creates an empty database with a random name, so that tests don't meet one another.
 *
 * @param serverUrl connection URL of an account that may create databases; its other parts are kept
 * @throws DatabaseServerError when the server cannot be reached or refuses
 */
export async function createDatabase(serverUrl: string): Promise<Database> {
  const name = `breakwater_${randomBytes(8).toString('hex')}`;
  // template0 can be copied by several sessions at once; template1 only while nobody is connected to it.
  await execute(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0`, 'A database cannot be created');

  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => execute(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, 'The database cannot be removed'),
  };
}

async function execute(serverUrl: string, sql: string, failure: string): Promise<void> {
  try {
    await withClient(serverUrl, (client) => client.query(sql));
  } catch (cause) {
    throw new DatabaseServerError(`${failure} on ${withoutPassword(serverUrl)}: ${reasonOf(cause)}`, { cause });
  }
}

/** Connects, does something and disconnects. Bounded by a connection timeout of 5 s. */
export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  // Losing the connection rejects the query that runs; unheard, the event would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** The URL for a message: whole but for the password. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return '(not a URL)';
  const parsed = new URL(url);
  if (parsed.password) parsed.password = '***';
  return parsed.href;
}
