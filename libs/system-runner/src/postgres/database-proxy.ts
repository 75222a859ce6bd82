import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { listen } from '../ports.ts';

/** A TCP proxy in front of a database whose connections can be interrupted. */
export interface DatabaseProxy {
  /** The database's URL through the proxy. */
  readonly url: string;
  /** Closes all connections and refuses new ones. */
  disconnect(): void;
  /** Accepts connections again. */
  reconnect(): void;
  /** Leads new connections to another server. Those that are open stay where they are, as after a change of an address. */
  redirect(databaseUrl: string): void;
  /** Keeps all connections open, also new ones, but passes nothing on: as a server whose processes are stopped. */
  freeze(): void;
  /** Passes on what has been sent in the meantime. */
  thaw(): void;
  /** Ends the proxy. */
  close(): Promise<void>;
}

/**
 * Starts a proxy for tests of a lost database connection, for a server that the test cannot stop or shares with other
 * tests.
 */
export async function openDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  let target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isConnected = true;
  let isFrozen = false;

  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    if (!isConnected) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port || 5432), target.hostname);
    track(client);
    track(upstream);
    client.pipe(upstream).pipe(client);
    if (isFrozen) for (const socket of [client, upstream]) socket.pause();
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  });
  const url = new URL(databaseUrl);
  url.host = new URL(await listen(server)).host;
  const disconnect = (): void => {
    isConnected = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    disconnect,
    reconnect: () => {
      isConnected = true;
    },
    redirect: (otherUrl) => {
      target = new URL(otherUrl);
    },
    freeze: () => {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      isFrozen = false;
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      disconnect();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
