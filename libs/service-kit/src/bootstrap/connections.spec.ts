import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Connections } from './connections.ts';

const request = 'GET / HTTP/1.1\r\nhost: harbour\r\n\r\n';
const closing = /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n/i;

/** A client's connection, and all that has come on it. */
interface Client {
  readonly socket: Socket;
  readonly received: () => string;
  readonly closed: Promise<unknown>;
  answers(count: number): Promise<void>;
}

async function start(listener?: RequestListener, quietMs?: number) {
  const server = createServer(listener);
  Connections.watch(server, quietMs);
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
    answers: async (count) => {
      while (text.split('HTTP/1.1 200').length <= count) await once(socket, 'data');
    },
  };
}

/** Until the server has read what a client has written: it answers others in between. */
async function roundTrip(server: Server): Promise<void> {
  const { socket, answers } = await open(server);
  socket.write(request);
  await answers(1);
  socket.destroy();
}

describe('Connections', () => {
  // Sockets are real; time is not.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  describe('as long as nothing is said', () => {
    it('are kept open', async () => {
      const { open } = await start((_, response) => void response.end('one'));
      const { socket, received, answers } = await open();

      for (const count of [1, 2]) {
        socket.write(request);
        await answers(count);
      }

      expect(received().match(/connection: keep-alive/gi)).toHaveLength(2);
    });
  });

  describe('of a server that closes', () => {
    it('are closed at once where nothing has come for a while', async () => {
      const { server, open, closed } = await start((_, response) => void response.end('one'));
      const [fresh, used] = [await open(), await open()];
      used.socket.write(request);
      await used.answers(1);
      vi.advanceTimersByTime(100);

      server.close();

      await expect(Promise.all([fresh.closed, used.closed, closed])).resolves.toBeDefined();
    });

    it.each([false, true])('are closed when nothing comes for a while (%s: used before)', async (isUsed) => {
      const { server, open, closed } = await start((_, response) => void response.end('one'));
      const client = await open();
      if (isUsed) {
        client.socket.write(request);
        await client.answers(1);
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

    it('are given more time to be used in, or to be let go of, where that is asked for', async () => {
      const { server, open, closed } = await start((_, response) => void response.end('one'), 3_000);
      const [fresh, used] = [await open(), await open()];
      vi.advanceTimersByTime(2_000);
      used.socket.write(request);
      await used.answers(1);

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

    it('take one more request where one comes soon, and close with its answer', async () => {
      const { server, open, closed } = await start((_, response) => void response.end('one'));
      const [fresh, used] = [await open(), await open()];
      used.socket.write(request);
      await used.answers(1);

      server.close();
      for (const { socket } of [fresh, used]) socket.write(request);
      await Promise.all([fresh.closed, used.closed, closed]);

      expect(fresh.received()).toMatch(closing);
      expect(used.received().split('one')[1]).toMatch(closing);
    });

    it('wait for the rest of a request that has begun to come', async () => {
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

    it.each([undefined, 3_000])('do not wait long for the rest of a request (%s ms for another)', async (quietMs) => {
      const { server, open, closed } = await start((_, response) => void response.end('one'), quietMs);
      const { socket, received, ...client } = await open();
      socket.write(request.slice(0, 20));
      await roundTrip(server);

      server.close();
      vi.advanceTimersByTime(100);
      await Promise.all([client.closed, closed]);

      expect(received()).toBe('');
    });

    it('let a request be answered first, however long that takes', async () => {
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
