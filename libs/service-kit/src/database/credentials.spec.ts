import { withClient } from '@breakwater/system-runner/postgres';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { Database } from './database.ts';

// https://github.com/spring-cloud/spring-cloud-vault/issues/152
describe('credentials that are replaced while the service runs (spring-cloud-vault#152)', () => {
  /** A database that is used with a role of its own. */
  async function rotatingDatabase() {
    const owner = await createTestDatabase();
    const execute = (statement: string) => withClient(owner.url, (client) => client.query(statement));
    const roles: string[] = [];
    const createLogin = async (): Promise<{ role: string; url: string }> => {
      const role = `rotating_${randomBytes(6).toString('hex')}`;
      await execute(`create role ${role} login password 'first'`);
      roles.push(role);
      return { role, url: loginUrl(role, 'first') };
    };
    const loginUrl = (role: string, password: string): string => {
      const url = new URL(owner.url);
      url.username = role;
      url.password = password;
      return url.href;
    };
    const first = await createLogin();
    const readUrl = vi.fn<() => string | undefined>(() => first.url);
    const database = new Database({
      url: first.url,
      readUrl,
      applicationName: 'rotating-test',
      schema: 'public',
      migrations: {},
    });
    const disconnect = () =>
      execute(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity
         where application_name = 'rotating-test' and datname = current_database()`,
      );
    onTestFinished(async () => {
      await database.onApplicationShutdown();
      await owner.drop();
      for (const role of roles)
        await withClient(inject('databaseServerUrl'), (client) => client.query(`drop role ${role}`));
    });
    await database.ping();
    return { database, readUrl, execute, disconnect, createLogin, loginUrl, first };
  }

  it('uses a new password from the next connection on, without a failed request', async () => {
    const { database, readUrl, execute, disconnect, loginUrl, first } = await rotatingDatabase();

    await execute(`alter role ${first.role} password 'second'`);
    readUrl.mockReturnValue(loginUrl(first.role, 'second'));
    await database.ping();
    const readsWhileConnected = readUrl.mock.calls.length;
    await disconnect();
    await vi.waitFor(() => expect(database.connections.total).toBe(0));

    await expect(Promise.all([1, 2, 3, 4].map(() => database.ping()))).resolves.toHaveLength(4);
    expect(readsWhileConnected).toBe(0);
  });

  it.each(['nologin', 'rename'])(
    'uses another role when the first one may not log in any more (%s)',
    async (change) => {
      const { database, readUrl, execute, disconnect, createLogin, first } = await rotatingDatabase();
      const second = await createLogin();

      await execute(
        change === 'rename'
          ? `alter role ${first.role} rename to ${first.role}_old`
          : `alter role ${first.role} nologin`,
      );
      onTestFinished(async () => {
        if (change === 'rename')
          await withClient(inject('databaseServerUrl'), (client) =>
            client.query(`alter role ${first.role}_old rename to ${first.role}`),
          );
      });
      readUrl.mockReturnValue(second.url);
      await disconnect();
      await vi.waitFor(() => expect(database.connections.total).toBe(0));

      await expect(database.ping()).resolves.toBeUndefined();
    },
  );

  it('is unavailable until the file has the new password, and then recovers', async () => {
    const { database, readUrl, execute, disconnect, loginUrl, first } = await rotatingDatabase();

    await execute(`alter role ${first.role} password 'second'`);
    await disconnect();
    await vi.waitFor(() => expect(database.connections.total).toBe(0));
    const sameUrl = database.ping();
    await expect(sameUrl).rejects.toThrow('The database is unavailable: password authentication failed');
    readUrl.mockReturnValue(undefined);
    const noUrl = database.ping();
    await expect(noUrl).rejects.toThrow(/password authentication failed/);
    readUrl.mockReturnValue(loginUrl(first.role, 'second'));

    await expect(database.ping()).resolves.toBeUndefined();
  });
});
