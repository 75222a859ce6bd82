import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { SystemFailure } from './system-failure.ts';

/** The only address anything of the system listens on: nobody outside this machine can reach it. */
export const loopback = '127.0.0.1';

/** Where the gateway listens unless told otherwise. */
export const defaultPort = 8080;

/** The highest base port: the second customer's port, twelve above, must still be one. */
export const highestPort = 65_535 - 12;

/** Which process listens where. */
export interface Ports {
  readonly gateway: number;
  readonly accounts: readonly number[];
  readonly customers: readonly number[];
  /** Undefined where there is none. */
  readonly console?: number | undefined;
}

/** How many of each there are to be. */
export interface ReplicaCounts {
  readonly accounts: number;
  readonly customers: number;
  /** Whether there is a console. Default: false. */
  readonly console?: boolean;
}

/**
 * The ports of a system whose gateway listens on `base`: accounts right above it, the console
 * ten above, customers from eleven above.
 *
 * @param base the gateway's port, or 0 for ports that are free now
 * @param counts default: two of each
 */
export async function choosePorts(
  base: number,
  { accounts, customers, console = false }: ReplicaCounts = { accounts: 2, customers: 2 },
): Promise<Ports> {
  if (base !== 0) {
    const above = (offset: number, count: number): number[] =>
      Array.from({ length: count }, (_, index) => base + offset + index);
    return {
      gateway: base,
      accounts: above(1, accounts),
      customers: above(11, customers),
      console: console ? base + 10 : undefined,
    };
  }
  // All are held at once before any is given back, or the same port could be handed out twice.
  const held: Held[] = [];
  for (let count = 1 + accounts + customers + (console ? 1 : 0); count > 0; count -= 1)
    held.push(await listenAnywhere());
  await Promise.all(held.map(close));
  const [gateway = 0, ...replicas] = held.map(({ port }) => port);
  return {
    gateway,
    accounts: replicas.slice(0, accounts),
    customers: replicas.slice(accounts, accounts + customers),
    console: replicas[accounts + customers],
  };
}

/**
 * Makes sure that every port can be listened on, before anything is started.
 *
 * @throws SystemFailure naming the first port that cannot, whom it was meant for and why
 */
export async function requireFreePorts(ports: Ports): Promise<void> {
  const owners: [string, number][] = [
    ['the gateway', ports.gateway],
    ...ports.accounts.map((port, index): [string, number] => [`account-${index + 1}`, port]),
    ...ports.customers.map((port, index): [string, number] => [`customer-${index + 1}`, port]),
    ...(ports.console === undefined ? [] : [['the console', ports.console] satisfies [string, number]]),
  ];
  for (const [owner, port] of owners) {
    try {
      await close(await listen(port));
    } catch (error) {
      throw portFailure(owner, port, error);
    }
  }
}

function portFailure(owner: string, port: number, error: unknown): SystemFailure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const elsewhere = 'choose other ports with --port N (0 picks free ones)';
  if (code === 'EADDRINUSE') {
    return new SystemFailure(
      `Port ${port}, meant for ${owner}, is already in use`,
      `Stop what listens there, or ${elsewhere}.`,
    );
  }
  if (code === 'EACCES') {
    return new SystemFailure(`Port ${port}, meant for ${owner}, may not be used by this user`, `Please ${elsewhere}.`);
  }
  return new SystemFailure(
    `Port ${port}, meant for ${owner}, cannot be used (${String(code ?? error)})`,
    `Please ${elsewhere}.`,
  );
}

/** A port that this program holds. */
interface Held {
  readonly port: number;
  readonly server: Server;
}

/**
 * Operating systems take the ports of outgoing connections from 32768 or 49152 on. A port below stays free while the
 * process that it belongs to is being restarted.
 */
const lowestFree = 20_000;
const highestFree = 32_000;
const attempts = 100;

async function listenAnywhere(): Promise<Held> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listen(randomInt(lowestFree, highestFree));
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}

function listen(port: number): Promise<Held> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: loopback, port, exclusive: true }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new TypeError('the server listens on no port'));
      else resolve({ port: address.port, server });
    });
  });
}

function close({ server }: Held): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
  });
}
