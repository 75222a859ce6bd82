import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../ports.ts';
import { createDatabase, type DatabaseServer, withClient } from './database-server.ts';
import { provideDatabaseServer, startLocalPostgres } from './local-postgres.ts';

describe('the URL of a given server', () => {
  it.each([
    ['foo', 'foo'],
    ['mysql://root:s3cret@127.0.0.1/db', 'mysql://root:***@127.0.0.1/db'],
    ['127.0.0.1:5432', '127.0.0.1:5432'],
  ])('has to be one of PostgreSQL: %s', async (url, shown) => {
    await expect(provideDatabaseServer({ DATABASE_URL: url })).rejects.toThrow(
      `DATABASE_URL is "${shown}", which is no URL of a PostgreSQL. Set it to a URL such as postgres://127.0.0.1:5432/postgres`,
    );
  });
});

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

  it('creates a new empty database for each caller', async () => {
    const databases = await Promise.all([1, 2, 3].map(() => createDatabase(server.url)));

    for (const { url } of databases) await withClient(url, (client) => client.query('CREATE TABLE t ()'));

    expect(new Set(databases.map(({ url }) => url)).size).toBe(3);
    await Promise.all(databases.map((database) => database.drop()));
  });

  it('drops a database that still has connections', async () => {
    const database = await createDatabase(server.url);

    await withClient(database.url, () => database.drop());
    await database.drop();

    expect(await databasesNamed(new URL(database.url).pathname.slice(1))).toBe(0);
  });

  it('reports a failure in one line without the password', async () => {
    const failure = createDatabase('postgres://someone:s3cret@127.0.0.1:1/postgres');

    await expect(failure).rejects.toThrow(
      /^A database cannot be created on postgres:\/\/someone:\*\*\*@127\.0\.0\.1:1\/postgres: .*ECONNREFUSED/,
    );
  });
});

const message = (type: string, ...parts: (string | number[])[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};

const textColumn = (name: string): (string | number[])[] => [
  `${name}\0`,
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0],
];
const textValue = (value: string): (string | number[])[] => [[0, 0, 0, value.length], value];
const readyForQuery = message('Z', 'I');

/** A server that speaks enough of the PostgreSQL protocol to report version 14. */
async function startOldPostgres(): Promise<string> {
  const server = createServer((socket: Socket) => {
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', [0, 0, 0, 0]), readyForQuery]));
      socket.once('data', () => {
        socket.write(
          Buffer.concat([
            message('T', [0, 2], ...textColumn('number'), ...textColumn('text')),
            message('D', [0, 2], ...textValue('140013'), ...textValue('14.13')),
            message('C', 'SELECT 1\0'),
            readyForQuery,
          ]),
        );
      });
    });
    socket.on('error', () => {});
  });
  onTestFinished(() => void server.close());
  return `postgres://someone:s3cret@${new URL(await listen(server)).host}/postgres`;
}

describe('provideDatabaseServer', () => {
  it('starts a server when DATABASE_URL is not set', async () => {
    const server = await provideDatabaseServer({ DATABASE_URL: '' });
    onTestFinished(() => server.stop());

    const result = await withClient(server.url, (client) => client.query('SELECT 1'));

    expect(result.rowCount).toBe(1);
  });

  it('uses the server of DATABASE_URL and keeps it running', async () => {
    const given = await startLocalPostgres();
    onTestFinished(() => given.stop());

    const server = await provideDatabaseServer({ DATABASE_URL: given.url });
    await server.stop();
    const result = await withClient(server.url, (client) => client.query('SELECT 1'));

    expect(server.url).toBe(given.url);
    expect(result.rowCount).toBe(1);
  });

  it('reports in one line that the given server cannot be reached', async () => {
    const failure = provideDatabaseServer({ DATABASE_URL: 'postgres://someone:s3cret@127.0.0.1:1/postgres' });

    await expect(failure).rejects.toThrow(
      /^DATABASE_URL names a PostgreSQL that cannot be used \(postgres:\/\/someone:\*\*\*@127\.0\.0\.1:1\/postgres\): .*ECONNREFUSED.*\. Start that server/,
    );
  });

  it('reports in one line that the given server is too old', async () => {
    const failure = provideDatabaseServer({ DATABASE_URL: await startOldPostgres() });

    await expect(failure).rejects.toThrow(
      /^DATABASE_URL points at PostgreSQL 14\.13 \(postgres:\/\/someone:\*\*\*@127.*\): 15 or newer is needed\. [^\n]*$/,
    );
  });
});
