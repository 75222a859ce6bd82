import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { DatabaseServerError } from './errors.ts';

/** A way to a database that can be cut and mended while both ends stay as they are. */
export interface SeverableRoute {
  /** The database's URL by this way. */
  readonly url: string;
  /** Breaks every connection and lets no new one through. */
  sever(): void;
  /** Lets connections through again. */
  mend(): void;
  /** Ends the route for good. */
  close(): Promise<void>;
}

/**
 * Opens a way to a database for tests of what happens without one: a TCP proxy on 127.0.0.1. It serves for a server
 * that the test cannot stop, or shares with others.
 *
 * @param databaseUrl where the way leads
 */
export async function openSeverableRoute(databaseUrl: string): Promise<SeverableRoute> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let severed = false;

  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    if (severed) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port || 5432), target.hostname);
    keep(near);
    keep(far);
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new DatabaseServerError('The route has no port.');

  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  const sever = (): void => {
    severed = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    sever,
    mend: () => {
      severed = false;
    },
    close: async () => {
      sever();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
