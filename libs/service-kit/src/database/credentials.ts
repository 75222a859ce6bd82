import { DatabaseError, type Pool } from 'pg';
import type { ConnectionSource } from './current-connections.ts';

/**
 * Reads the URL of a pool again when a connection fails, because its password or its role may have been replaced. Open
 * connections stay as they are.
 *
 * @param readUrl returns undefined when there is no other URL
 */
export function withCurrentCredentials(pool: Pool, readUrl: (() => string | undefined) | undefined): ConnectionSource {
  if (readUrl === undefined) return pool;
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      // Each new connection takes the URL from the options.
      const used = pool.options.connectionString;
      try {
        return await pool.connect();
      } catch (error) {
        const url = readUrl();
        if (url === undefined || url === used) throw error;
        pool.options.connectionString = url;
        // Any other failure may have lasted as long as a request may wait; the next connection uses the new URL.
        if (!isRefusedLogin(error)) throw error;
        return pool.connect();
      }
    },
  };
}

/** SQLSTATE 28P01, a wrong password, or 28000, a role that does not exist or may not log in. */
const isRefusedLogin = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.code ?? '').startsWith('28');
