import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Connections } from './connections.ts';

async function listen(server: Server): Promise<() => Promise<Socket>> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return async () => {
    const socket = connect(address.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await Promise.all([once(socket, 'connect'), once(server, 'connection')]);
    return socket;
  };
}

describe('Connections', () => {
  it('closes a connection on which nothing was asked', async () => {
    const server = createServer();
    const connections = new Connections(server);
    const open = await listen(server);
    const socket = await open();

    connections.drain();
    server.close();

    await expect(Promise.all([once(socket.resume(), 'close'), once(server, 'close')])).resolves.toBeDefined();
  });

  it('lets a request be answered first', async () => {
    const server = createServer();
    const connections = new Connections(server);
    const open = await listen(server);
    const socket = await open();
    socket.write('GET / HTTP/1.1\r\nhost: harbour\r\n\r\n');
    const [, response]: [unknown, ServerResponse] = (await once(server, 'request')) as never;

    connections.drain();
    server.close();
    response.end('all of it');
    let received = '';
    socket.on('data', (chunk) => (received += String(chunk)));
    await Promise.all([once(socket, 'close'), once(server, 'close')]);

    expect(received).toMatch(/^HTTP\/1\.1 200 OK[^]*all of it$/);
  });

  it('keeps connections open as long as nobody drains them', async () => {
    const server = createServer((_, response) => response.end('one'));
    const connections = new Connections(server);
    const open = await listen(server);
    const socket = await open();

    const answers: string[] = [];
    for (const _ of [1, 2]) {
      socket.write('GET / HTTP/1.1\r\nhost: harbour\r\n\r\n');
      const [chunk]: unknown[] = await once(socket, 'data');
      answers.push(String(chunk).slice(0, 12));
    }
    connections.drain();
    server.close();
    await once(server, 'close');

    expect(answers).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
  });
});
