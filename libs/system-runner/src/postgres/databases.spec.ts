import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, withClient, withoutPassword } from './databases.ts';
import { provideDatabaseServer } from './provide-database-server.ts';
import type { DatabaseServer } from './local-postgres.ts';

describe('createDatabase', () => {
  let server: DatabaseServer;

  beforeAll(async () => {
    server = await provideDatabaseServer();
  });

  afterAll(() => server.stop());

  const databasesNamed = async (name: string): Promise<number | null> =>
    withClient(server.url, async (client) => {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      return rowCount;
    });

  it('gives each caller an empty database of its own', async () => {
    const databases = await Promise.all([1, 2, 3].map(() => createDatabase(server.url)));

    for (const { url } of databases) await withClient(url, (client) => client.query('CREATE TABLE t ()'));

    expect(new Set(databases.map(({ url }) => url)).size).toBe(3);
    await Promise.all(databases.map((database) => database.drop()));
  });

  it('drops the database under those who are still connected', async () => {
    const database = await createDatabase(server.url);

    await withClient(database.url, () => database.drop());
    await database.drop();

    expect(await databasesNamed(new URL(database.url).pathname.slice(1))).toBe(0);
  });

  it('says in one line that it cannot, without the password', async () => {
    const failure = createDatabase('postgres://someone:s3cret@127.0.0.1:1/postgres');

    await expect(failure).rejects.toThrow(
      /^A database cannot be created on postgres:\/\/someone:\*\*\*@127\.0\.0\.1:1\/postgres: .*ECONNREFUSED/,
    );
  });
});

describe('withoutPassword', () => {
  it.each([
    ['postgres://u:p@h/d', 'postgres://u:***@h/d'],
    ['postgres://u@h/d', 'postgres://u@h/d'],
    ['host=h password=p', '(not a URL)'],
  ])('shows %s as %s', (url, shown) => {
    expect(withoutPassword(url)).toBe(shown);
  });
});
