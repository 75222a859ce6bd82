import { randomBytes } from 'node:crypto';
import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import { Client } from 'pg';

/** A PostgreSQL server. */
export interface DatabaseServer {
  /** Connection URL of a role that may create databases. */
  readonly url: string;
  /** Ends a server that this package started; a given server keeps running. May be called twice. */
  stop(): Promise<void>;
}

/** No database server is available. The message is one line: the problem and what to do. */
export class DatabaseServerError extends Error {
  override readonly name = 'DatabaseServerError';

  /** A sentence without a full stop. */
  readonly problem: string;
  /** A sentence with a full stop. */
  readonly remedy: string;

  constructor(
    problem: string,
    remedy: string = 'Set DATABASE_URL to a PostgreSQL 15 or newer.',
    options?: ErrorOptions,
  ) {
    super(`${problem}. ${remedy}`, options);
    this.problem = problem;
    this.remedy = remedy;
  }
}

/** The first line of an error's message. */
export function reasonOf(error: unknown): string {
  // A refused connection to a name with several addresses is an AggregateError without a message.
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const message = cause instanceof Error ? cause.message || cause.name : String(cause);
  return message.split('\n', 1)[0] ?? message;
}

/** In PostgreSQL's notation: 15.0 is 150000. */
const oldestVersion = 150_000;

/**
 * Checks that the server is reachable and new enough.
 *
 * @throws DatabaseServerError
 */
export async function requireSupportedVersion(url: string): Promise<void> {
  requirePostgresUrl(url);
  const version = await versionOf(url);
  if (version.number >= oldestVersion) return;
  throw new DatabaseServerError(
    `DATABASE_URL points at PostgreSQL ${version.text} (${withoutSecrets(url)}): 15 or newer is needed`,
    'Point it at a newer server, or unset it; a server is then started for this run.',
  );
}

/** @throws DatabaseServerError for the URL of something else, which pg would take for a host or a database */
function requirePostgresUrl(url: string): void {
  if (/^postgres(?:ql)?:/.test(url)) return;
  throw new DatabaseServerError(
    `DATABASE_URL is "${withoutSecrets(url)}", which is no URL of a PostgreSQL`,
    'Set it to a URL such as postgres://127.0.0.1:5432/postgres, or unset it; a server is then started for this run.',
  );
}

async function versionOf(url: string): Promise<{ number: number; text: string }> {
  try {
    return await withClient(url, async (client) => {
      const { rows } = await client.query<{ number: string; text: string }>(
        "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text",
      );
      return { number: Number(rows[0]?.number), text: rows[0]?.text ?? 'unknown' };
    });
  } catch (cause) {
    throw new DatabaseServerError(
      `DATABASE_URL names a PostgreSQL that cannot be used (${withoutSecrets(url)}): ${reasonOf(cause)}`,
      'Start that server, correct the URL, or unset DATABASE_URL; a server is then started for this run.',
      { cause },
    );
  }
}

/** A database with a random name. */
export interface Database {
  readonly url: string;
  /** Closes its connections and removes it. May be called twice. */
  drop(): Promise<void>;
}

/**
 * Creates a database with a random name, so that tests do not share data.
 *
 * @param serverUrl connection URL of a role that may create databases
 * @param template a database of the same server to copy, to which nothing is connected. Default: the new one is empty
 * @throws DatabaseServerError when the server cannot be reached or refuses
 */
export async function createDatabase(serverUrl: string, template?: Database): Promise<Database> {
  const name = `breakwater_${randomBytes(8).toString('hex')}`;
  // Several sessions can copy template0 at the same time; template1 requires that no session uses it.
  const original = template === undefined ? 'template0' : new URL(template.url).pathname.slice(1);
  await execute(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${original}`, 'A database cannot be created');

  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => execute(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, 'The database cannot be removed'),
  };
}

async function execute(serverUrl: string, sql: string, problem: string): Promise<void> {
  try {
    await withClient(serverUrl, (client) => client.query(sql));
  } catch (cause) {
    throw new DatabaseServerError(
      `${problem} on ${withoutSecrets(serverUrl)}: ${reasonOf(cause)}`,
      'Check that the server runs and that the role may create databases.',
      { cause },
    );
  }
}

const connectTimeoutMs = 5_000;

/** Connects, runs a function and disconnects. The connection timeout is 5 s. */
export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  // A lost connection rejects the pending query; without a listener the event would end this program.
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => {});
  }
}
