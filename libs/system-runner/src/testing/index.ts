export { hasPgBouncer, startPgBouncer, type PgBouncer } from './pgbouncer.ts';
export { createMigratedDatabase, createTestDatabase } from './test-database.ts';
export { canBeProcessOne, endWhileLoading } from './stopped-loading.ts';
export {
  OtlpReceiver,
  type Attributes,
  type AttributeValue,
  type ReceivedMetric,
  type ReceivedSpan,
} from './otlp-receiver.ts';
export { resolvingWith, StandInDns, type StandInDnsServer } from './stand-in-dns.ts';
export { startSystem } from './test-system.ts';
export { startProcess, type TestedProcess } from './tested-process.ts';
export { clockAhead, hasFaketime, movableClock } from './wrong-clock.ts';
import { createServer, type RequestListener, type Server } from 'node:http';
import { listen } from '../ports.ts';

/** Small HTTP servers that replace services in a test. */
export class StandInServers {
  readonly #servers: Server[] = [];

  /**
   * Starts a server.
   *
   * @param port default: a free one
   * @param host another address of the machine; default: 127.0.0.1
   * @returns its URL
   */
  async start(listener: RequestListener, port: number = 0, host?: string): Promise<string> {
    const server = createServer(listener);
    this.#servers.push(server);
    return listen(server, port, host);
  }

  /** Ends all servers and closes their connections. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
  }
}

/** Numbers in [0, 1) that are the same for the same seed (Mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
