import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { loopback } from '../ports.ts';
import { urlOf } from '../services.ts';

/** Small HTTP servers that stand in for services in a test. */
export class StandInServers {
  readonly #servers: Server[] = [];

  /**
   * Starts one.
   *
   * @param port default: any that is free
   * @returns its URL
   */
  async start(listener: RequestListener, port: number = 0): Promise<string> {
    const server = createServer(listener).listen(port, loopback);
    this.#servers.push(server);
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server listens on no port');
    return urlOf(address.port);
  }

  /** Ends all of them, whatever they are doing. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
  }
}
