import { Pool, types, type PoolConfig } from 'pg';

const int8 = types.builtins.INT8;

/** How to reach a PostgreSQL. */
export interface PoolOptions {
  /** Connection URL. */
  readonly url: string;
  /** How the connection shows in `pg_stat_activity`. */
  readonly applicationName: string;
  /** What happens to a connection that breaks while nobody uses it. Default: nothing; the pool replaces it. */
  readonly onConnectionLost?: (error: Error) => void;
}

/**
 * A pool that survives its database: connections that break are reported and replaced, and connecting takes 2 s at
 * most. int8 is read as a number, and refused where a number cannot hold it.
 *
 * @param limits what a statement may take; migrations have none
 */
export function createPool({ url, applicationName, onConnectionLost }: PoolOptions, limits: PoolConfig = {}): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 2_000,
    keepAlive: true,
    types: { getTypeParser: (oid, format) => (oid === int8 ? parseInt8 : types.getTypeParser(oid, format)) },
    ...limits,
  });
  pool.on('error', (error) => onConnectionLost?.(error));
  // The pool listens to idle connections only. One that breaks in the hands of a user rejects the query and emits the
  // error as well, which would end the process if nobody listened.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** @throws RangeError rather than round */
export function parseInt8(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`The int8 ${text} is beyond what a number holds exactly.`);
  return number;
}
