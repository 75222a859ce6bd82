import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { listen } from '../ports.ts';
import { FaultProxy } from './fault-proxy.ts';

/** A server that returns what it receives, and how many bytes it has received. */
async function echoServer(prefix = ''): Promise<{ url: string; sockets: Socket[]; received: () => number }> {
  const sockets: Socket[] = [];
  let received = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket
      .on('error', () => {})
      .on('data', (data) => {
        received += data.length;
        socket.write(prefix + data.toString());
      });
  });
  const url = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url, sockets, received: () => received };
}

/** A client with what it has received, and the error or end of its connection. */
async function connectTo({ url }: FaultProxy) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const client = { socket, text: '', ended: '' };
  socket
    .on('data', (data) => (client.text += data.toString()))
    .on('error', (error: NodeJS.ErrnoException) => (client.ended = error.code ?? ''))
    .on('close', () => (client.ended ||= 'closed'));
  await once(socket, 'connect');
  return client;
}

const soon = { timeout: 5_000, interval: 5 };
/** Longer than a message takes to arrive on this machine. */
const quietMs = 100;

describe('FaultProxy', () => {
  let server: Awaited<ReturnType<typeof echoServer>>;
  let proxy: FaultProxy;

  beforeEach(async () => {
    server = await echoServer();
    proxy = await FaultProxy.open(server.url);
    return () => proxy.close();
  });

  const receives = (client: { text: string }, text: string) => vi.waitFor(() => expect(client.text).toBe(text), soon);
  const ends = (client: { ended: string }) =>
    vi.waitFor(() => {
      expect(client.ended).not.toBe('');
      return client.ended;
    }, soon);
  /** Time passes on real sockets only, so the test waits until a message would have arrived. */
  const remains = async (client: { text: string; ended: string }, text: string) => {
    await new Promise((resolve) => setTimeout(resolve, quietMs));
    expect(client).toMatchObject({ text, ended: '' });
  };
  async function connected() {
    const client = await connectTo(proxy);
    client.socket.write('a');
    await receives(client, 'a');
    return client;
  }

  it('keeps user, password and path of a URL', async () => {
    const database = await FaultProxy.open('postgres://user:secret@127.0.0.1:1/name');
    onTestFinished(() => database.close());

    expect(database.url).toMatch(/^postgres:\/\/user:secret@127\.0\.0\.1:\d+\/name$/);
    expect(proxy.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('passes bytes and the end of a side on', async () => {
    const client = await connected();

    client.socket.end('b');

    await receives(client, 'ab');
    expect(await ends(client)).toBe('closed');
  });

  it('ends the connection to the client when there is no server', async () => {
    proxy.redirect('http://127.0.0.1:1');

    expect(await ends(await connectTo(proxy))).toBe('closed');
  });

  it('delays each byte in both directions', async () => {
    const client = await connected();
    proxy.inject({ kind: 'latency', ms: 60 });
    const startedAt = performance.now();

    client.socket.write('b');
    await receives(client, 'ab');

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(115);
  });

  it('holds all bytes back during a stall, also of new connections, and passes them on afterwards', async () => {
    const open = await connected();
    proxy.inject({ kind: 'stall' });
    const late = await connectTo(proxy);
    open.socket.write('b');
    late.socket.write('c');
    await remains(open, 'a');
    expect(late.text).toBe('');

    proxy.heal();

    await receives(open, 'ab');
    await receives(late, 'c');
  });

  it('accepts connections only: those that are open end, and new ones reach nothing until they are reset', async () => {
    const open = await connected();
    proxy.inject({ kind: 'accept-only' });
    const late = await connectTo(proxy);
    late.socket.write('c');

    expect(await ends(open)).toBe('closed');
    await remains(late, '');
    expect(server.received()).toBe(1);
    proxy.heal();
    expect(await ends(late)).toBe('ECONNRESET');
    await connected();
  });

  it.each([
    ['close', 'closed'],
    ['reset', 'ECONNRESET'],
  ] as const)('ends open and new connections by %s until the fault ends', async (kind, how) => {
    const open = await connected();
    proxy.inject({ kind });

    expect(await ends(open)).toBe(how);
    const late = await connectTo(proxy).catch((error: NodeJS.ErrnoException) => ({ ended: String(error.code) }));
    expect(await ends(late)).toBe(how);
    proxy.heal();
    await connected();
  });

  it('leaves the client of a half-open connection without notice, while new connections work', async () => {
    const open = await connected();
    proxy.inject({ kind: 'half-open' });
    open.socket.write('b');

    await remains(open, 'a');
    expect(server.received()).toBe(1);
    await connected();
    proxy.heal();
    expect(await ends(open)).toBe('ECONNRESET');
  });

  it.each([
    ['to-server', 6, 0],
    ['to-client', 6, 6],
  ] as const)('passes few bytes a second %s', async (direction, size, receivedByServer) => {
    const client = await connected();
    proxy.inject({ kind: 'slow', direction, bytesPerSecond: 40 });
    const startedAt = performance.now();

    client.socket.write('b'.repeat(size));
    await vi.waitFor(() => expect(server.received()).toBeGreaterThan(receivedByServer), soon);
    await receives(client, `a${'b'.repeat(size)}`);

    // Two bytes every 50 ms.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
  });

  it.each([
    ['to-server', 1],
    ['to-client', 2],
    ['both', 1],
  ] as const)(
    'loses the bytes %s in a partition, and breaks the connection afterwards',
    async (direction, received) => {
      const client = await connected();
      proxy.inject({ kind: 'partition', direction });
      client.socket.write('b');

      await remains(client, 'a');
      expect(server.received()).toBe(received);
      proxy.heal();
      expect(await ends(client)).toBe('ECONNRESET');
    },
  );

  it('hides the end of the server from a client behind a partition', async () => {
    const client = await connected();
    proxy.inject({ kind: 'partition', direction: 'to-client' });

    server.sockets[0]?.destroy();

    await remains(client, 'a');
    proxy.heal();
    expect(await ends(client)).toBe('ECONNRESET');
  });

  it('leads new connections to another server, and leaves the open ones where they are', async () => {
    const open = await connected();
    const other = await echoServer('other: ');
    proxy.redirect(other.url);
    const late = await connectTo(proxy);
    late.socket.write('c');
    open.socket.write('b');

    await receives(late, 'other: c');
    await receives(open, 'ab');
    expect(proxy.connections).toBe(2);
  });
});
