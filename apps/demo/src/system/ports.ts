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
  readonly accounts: readonly [number, number];
  readonly customers: readonly [number, number];
}

/**
 * The ports of a system whose gateway listens on `base`: accounts right above it, customers from ten above.
 *
 * @param base the gateway's port, or 0 for five ports that are free now
 */
export async function choosePorts(base: number): Promise<Ports> {
  if (base !== 0) {
    return { gateway: base, accounts: [base + 1, base + 2], customers: [base + 11, base + 12] };
  }
  // All five are held at once before any is given back, or the same port could be handed out twice.
  const held = await Promise.all([listen(0), listen(0), listen(0), listen(0), listen(0)]);
  const [gateway, account1, account2, customer1, customer2] = held;
  await Promise.all(held.map(close));
  return {
    gateway: gateway.port,
    accounts: [account1.port, account2.port],
    customers: [customer1.port, customer2.port],
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
