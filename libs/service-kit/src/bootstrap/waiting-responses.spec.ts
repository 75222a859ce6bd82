import Fastify from 'fastify';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { limitWaitingResponses, maxWaitingResponses, unreadTimeoutMs } from './waiting-responses.ts';

/** More than the buffers of both ends of a connection hold. */
const large = 'x'.repeat(16 * 1024 * 1024);

/** A server with the limit whose timeouts are short, and a client that has sent requests and reads nothing. */
async function sendUnread(requests: string) {
  const fastify = Fastify({ keepAliveTimeout: 1 });
  const waiting = Promise.withResolvers<() => void>();
  fastify.get('/large', () => large);
  fastify.get('/slow', () => new Promise((resolve) => waiting.resolve(() => resolve('served'))));
  limitWaitingResponses(fastify, (_request, reply) => void reply.code(429).send());
  expect(fastify.server.timeout).toBe(unreadTimeoutMs);
  fastify.server.timeout = 20;
  onTestFinished(() => fastify.close());
  await fastify.listen({ port: 0, host: '127.0.0.1' });

  const accepted = once(fastify.server, 'connection') as Promise<[Socket]>;
  const client = connect((fastify.server.address() as AddressInfo).port, '127.0.0.1').pause();
  client.on('error', () => {});
  onTestFinished(() => void client.destroy());
  client.write(requests);
  const [connection] = await accepted;
  return { server: fastify.server, client, connection, waiting: waiting.promise };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

describe('a connection whose client does not read', () => {
  it.each([1, maxWaitingResponses, 1_000])('is closed after a time, with %i requests', async (requests) => {
    const { server, connection } = await sendUnread(get('/large').repeat(requests));

    await once(connection, 'close');

    expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0);
  });
});

describe('a connection', () => {
  it('stays open while a request on it is served, however long that takes', async () => {
    const { server, client, connection, waiting } = await sendUnread(get('/slow'));
    const finish = await waiting;
    await once(server, 'timeout');

    expect(connection.destroyed).toBe(false);
    finish();

    expect(await text(client)).toContain('served');
  });

  it('ends when it was kept alive for too long', async () => {
    const { client } = await sendUnread(get('/nowhere'));

    expect(await text(client)).toMatch(/^HTTP\/1\.1 404 /);
  });
});
