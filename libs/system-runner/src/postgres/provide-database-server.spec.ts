import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withClient } from './databases.ts';
import { startLocalPostgres } from './local-postgres.ts';
import { provideDatabaseServer } from './provide-database-server.ts';

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

/** As much of the PostgreSQL protocol as it takes to say that one is version 14. */
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
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `postgres://someone:s3cret@127.0.0.1:${address.port}/postgres`;
}

describe('provideDatabaseServer', () => {
  it('starts a server where DATABASE_URL is not set', async () => {
    const server = await provideDatabaseServer({ DATABASE_URL: '' });
    onTestFinished(() => server.stop());

    const answered = await withClient(server.url, (client) => client.query('SELECT 1'));

    expect(answered.rowCount).toBe(1);
  });

  it('uses the server that DATABASE_URL names, and leaves it running', async () => {
    const theirs = await startLocalPostgres();
    onTestFinished(() => theirs.stop());

    const server = await provideDatabaseServer({ DATABASE_URL: theirs.url });
    await server.stop();
    const answered = await withClient(server.url, (client) => client.query('SELECT 1'));

    expect(server.url).toBe(theirs.url);
    expect(answered.rowCount).toBe(1);
  });

  it('says in one line that the given server cannot be reached', async () => {
    const failure = provideDatabaseServer({ DATABASE_URL: 'postgres://someone:s3cret@127.0.0.1:1/postgres' });

    await expect(failure).rejects.toThrow(
      /^DATABASE_URL names a PostgreSQL that cannot be used \(postgres:\/\/someone:\*\*\*@127\.0\.0\.1:1\/postgres\): .*ECONNREFUSED.*\. Start that server/,
    );
  });

  it('says in one line that the given server is too old', async () => {
    const failure = provideDatabaseServer({ DATABASE_URL: await startOldPostgres() });

    await expect(failure).rejects.toThrow(
      /^DATABASE_URL points at PostgreSQL 14\.13 \(postgres:\/\/someone:\*\*\*@127.*\): 15 or newer is needed\. [^\n]*$/,
    );
  });
});
