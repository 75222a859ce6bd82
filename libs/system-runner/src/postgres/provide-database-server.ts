import { withClient, withoutPassword } from './databases.ts';
import { DatabaseServerError, reasonOf } from './errors.ts';
import { startLocalPostgres, type DatabaseServer } from './local-postgres.ts';

/** As PostgreSQL counts: 15.0 is 150000. */
const oldestVersion = 150_000;

/**
 * The server that `DATABASE_URL` names, or one of our own where it is unset or empty.
 *
 * @param environment default: `process.env`
 * @throws DatabaseServerError when the given server cannot be reached or is older than PostgreSQL 15, or when our own
 * cannot be started; one line, without the password
 */
export async function provideDatabaseServer(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<DatabaseServer> {
  const given = environment['DATABASE_URL'];
  if (!given) return startLocalPostgres();

  const version = await versionOf(given);
  if (version.number < oldestVersion) {
    throw new DatabaseServerError(
      `DATABASE_URL points at PostgreSQL ${version.text} (${withoutPassword(given)}): 15 or newer is needed. ` +
        'Point it at a newer server, or unset it and one is started for you.',
    );
  }
  return { url: given, stop: async () => {} };
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
      `DATABASE_URL names a PostgreSQL that cannot be used (${withoutPassword(url)}): ${reasonOf(cause)}. ` +
        'Start that server or correct the URL, or unset DATABASE_URL and one is started for you.',
      { cause },
    );
  }
}
