import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Connections } from './connections.ts';

const request = 'GET / HTTP/1.1\r\nhost: harbour\r\n\r\n';
const closing = /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n/i;

/** The connection of a client and what it has received. */
interface Client {
  readonly socket: Socket;
  readonly received: () => string;
  readonly closed: Promise<unknown>;
  responses(count: number): Promise<void>;
}

async function start(listener?: RequestListener, idleMs?: number) {
  const server = createServer(listener);
  Connections.track(server, idleMs);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const closed = once(server, 'close');
  return { server, closed, open: () => open(server) };
}

async function open(server: Server): Promise<Client> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = connect(address.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  await Promise.all([once(socket, 'connect'), once(server, 'connection')]);
  return {
    socket,
    received: () => text,
    closed: once(socket, 'close'),
    responses: async (count) => {
      while (text.split('HTTP/1.1 200').length <= count) await once(socket, 'data');
    },
  };
}

/** Waits until the server has read what clients have written: it responds to another client after it. */
async function roundTrip(server: Server): Promise<void> {
  const { socket, responses } = await open(server);
  socket.write(request);
  await responses(1);
  socket.destroy();
}

describe('Connections', () => {
  // Sockets are real, time is fake.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  describe('of a running server', () => {
    it('are kept open', async () => {
      const { open } = await start((_, response) => void response.end('one'));
      const { socket, received, responses } = await open();

      for (const count of [1, 2]) {
        socket.write(request);
        await responses(count);
      }

      expect(received().match(/connection: keep-alive/gi)).toHaveLength(2);
    });

    it('are kept open after the server was closed and listens again', async () => {
      const { server, closed } = await start((_, response) => void response.end('one'));
      server.close();
      await closed;
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { socket, received, responses } = await open(server);

      await vi.advanceTimersByTimeAsync(10_000);
      socket.write(request);
      await responses(1);

      expect(received()).toMatch(/connection: keep-alive/i);
    });
  });

  describe('of a server that closes', () => {
    it('are closed immediately when they have been idle for a while', async () => {
      const { server, open, closed } = await start((_, response) => void response.end('one'));
      const [fresh, used] = [await open(), await open()];
      used.socket.write(request);
      await used.responses(1);
      vi.advanceTimersByTime(100);

      server.close();

      await expect(Promise.all([fresh.closed, used.closed, closed])).resolves.toBeDefined();
    });

    it.each([false, true])('are closed when they become idle (used before: %s)', async (isUsed) => {
      const { server, open, closed } = await start((_, response) => void response.end('one'));
      const client = await open();
      if (isUsed) {
        client.socket.write(request);
        await client.responses(1);
      }
      vi.advanceTimersByTime(50);

      server.close();
      vi.advanceTimersByTime(49);
      await new Promise((resolve) => void setImmediate(resolve));
      const wasOpen = !client.socket.closed;
      vi.advanceTimersByTime(51);

      await Promise.all([client.closed, closed]);
      expect(wasOpen).toBe(true);
    });

    it('stay open longer with a longer idle time', async () => {
      const { server, open, closed } = await start((_, response) => void response.end('one'), 3_000);
      const [fresh, used] = [await open(), await open()];
      vi.advanceTimersByTime(2_000);
      used.socket.write(request);
      await used.responses(1);

      server.close();
      vi.advanceTimersByTime(1_000);
      await fresh.closed;
      vi.advanceTimersByTime(1_999);
      await new Promise((resolve) => void setImmediate(resolve));
      const wasOpen = !used.socket.closed;
      used.socket.write(request);
      await Promise.all([used.closed, closed]);

      expect(fresh.received()).toBe('');
      expect(wasOpen).toBe(true);
      expect(used.received().split('one')[1]).toMatch(closing);
    });

    it('accept one more request, and close with its response', async () => {
      const { server, open, closed } = await start((_, response) => void response.end('one'));
      const [fresh, used] = [await open(), await open()];
      used.socket.write(request);
      await used.responses(1);

      server.close();
      for (const { socket } of [fresh, used]) socket.write(request);
      await Promise.all([fresh.closed, used.closed, closed]);

      expect(fresh.received()).toMatch(closing);
      expect(used.received().split('one')[1]).toMatch(closing);
    });

    it('wait for the rest of a request that has begun to arrive', async () => {
      const { server, open, closed } = await start((_, response) => void response.end('one'));
      const { socket, received, ...client } = await open();
      vi.advanceTimersByTime(1_000);
      socket.write(request.slice(0, 20));
      await roundTrip(server);

      server.close();
      vi.advanceTimersByTime(99);
      socket.write(request.slice(20));
      await Promise.all([client.closed, closed]);

      expect(received()).toMatch(closing);
    });

    it.each([undefined, 3_000])('wait 100 ms for the rest of a request (idle time: %s ms)', async (idleMs) => {
      const { server, open, closed } = await start((_, response) => void response.end('one'), idleMs);
      const { socket, received, ...client } = await open();
      socket.write(request.slice(0, 20));
      await roundTrip(server);

      server.close();
      vi.advanceTimersByTime(100);
      await Promise.all([client.closed, closed]);

      expect(received()).toBe('');
    });

    it('wait for the response of a request in flight, however long it takes', async () => {
      const { server, open, closed } = await start();
      const { socket, received, ...client } = await open();
      socket.write(request);
      const [, response]: [unknown, ServerResponse] = (await once(server, 'request')) as never;

      server.close();
      vi.advanceTimersByTime(60_000);
      response.end('all of it');
      await Promise.all([client.closed, closed]);

      expect(received()).toMatch(closing);
      expect(received()).toMatch(/all of it/);
    });
  });
});
