import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { SystemFailure } from './system-failure.ts';

/** Every process of a local system listens on this address only. */
export const loopback = '127.0.0.1';

/** The default port of the gateway. */
export const defaultPort = 8080;

/** The highest port of a gateway: the second customer service uses the port 12 above it. */
export const highestPort = 65_535 - 12;

/** The base URL of a server on a port. */
export function urlOf(port: number): string {
  return `http://${loopback}:${port}`;
}

/**
 * Makes a server listen.
 *
 * @param port default: a free one
 * @param host another address of the machine; default: 127.0.0.1
 * @returns its URL
 */
export async function listen(server: Server, port: number = 0, host: string = loopback): Promise<string> {
  server.listen({ host, port, exclusive: true });
  // Rejects when the server emits an error.
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `http://${host}:${address.port}`;
}

/** The ports of a system. */
export interface SystemPorts {
  readonly gateway: number;
  readonly accounts: readonly number[];
  readonly customers: readonly number[];
  /** Undefined in a system without a console. */
  readonly console?: number | undefined;
}

/** The number of replicas. */
export interface ReplicaCounts {
  readonly accounts: number;
  readonly customers: number;
  /** Default: false. */
  readonly console?: boolean;
}

/**
 * Returns the ports of a system: the accounts follow the gateway, the console is 10 above it, the customers follow from
 * 11 above it.
 *
 * @param base the gateway's port; 0 chooses free ports
 */
export async function systemPorts(
  base: number,
  { accounts, customers, console = false }: ReplicaCounts,
): Promise<SystemPorts> {
  if (base !== 0) {
    const range = (offset: number, count: number): number[] =>
      Array.from({ length: count }, (_, index) => base + offset + index);
    return {
      gateway: base,
      accounts: range(1, accounts),
      customers: range(11, customers),
      console: console ? base + 10 : undefined,
    };
  }
  const [gateway = 0, ...replicas] = await freePorts(1 + accounts + customers + (console ? 1 : 0));
  return {
    gateway,
    accounts: replicas.slice(0, accounts),
    customers: replicas.slice(accounts, accounts + customers),
    console: replicas[accounts + customers],
  };
}

/**
 * Checks that every port of a system is free.
 *
 * @throws SystemFailure naming the first port that is not
 */
export async function requireFreePorts(ports: SystemPorts): Promise<void> {
  const owners: [string, number][] = [
    ['the gateway', ports.gateway],
    ...ports.accounts.map((port, index): [string, number] => [`account-${index + 1}`, port]),
    ...ports.customers.map((port, index): [string, number] => [`customer-${index + 1}`, port]),
    ...(ports.console === undefined ? [] : [['the console', ports.console] satisfies [string, number]]),
  ];
  for (const [owner, port] of owners) {
    try {
      await close(await occupy(port));
    } catch (error) {
      throw portFailure(owner, port, error);
    }
  }
}

function portFailure(owner: string, port: number, error: unknown): SystemFailure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const alternative = 'choose other ports with --port N (0 picks free ones)';
  if (code === 'EADDRINUSE') {
    return new SystemFailure(
      `Port ${port}, meant for ${owner}, is already in use`,
      `Stop the program that uses it, or ${alternative}.`,
    );
  }
  const reason = code === 'EACCES' ? 'requires more rights' : `cannot be used (${String(code ?? error)})`;
  return new SystemFailure(`Port ${port}, meant for ${owner}, ${reason}`, `Please ${alternative}.`);
}

/**
 * Operating systems assign the ports of outgoing connections from 32768 or 49152 upwards. A port below stays free while
 * its process restarts.
 */
const lowestFreePort = 20_000;
const highestFreePort = 32_000;
const attempts = 100;

/** Finds a port as {@link freePorts} does. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/**
 * Finds different ports that are free, and reserves them as long as this process lives: tests that run at the same time
 * start their servers seconds after they have chosen the ports.
 *
 * @param candidate the next port to try; default: a random one
 */
export async function freePorts(
  count: number,
  candidate: () => number = () => randomInt(lowestFreePort, highestFreePort),
): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 1; ports.length < count; attempt += 1) {
    const port = candidate();
    try {
      await close(await occupy(port));
      await reserve(port);
      ports.push(port);
    } catch (error) {
      if (attempt >= attempts * count) throw error;
    }
  }
  return ports;
}

/**
 * Reserves a port among the processes that choose ports here. The UDP port of the same number is the mark: nothing else
 * uses it, only one process can hold it, and the operating system removes it when the process ends, however it ends.
 */
async function reserve(port: number): Promise<void> {
  const mark = createSocket('udp4');
  mark.unref();
  mark.bind({ address: loopback, port, exclusive: true });
  try {
    await once(mark, 'listening');
  } catch (error) {
    mark.close();
    throw error;
  }
}

async function occupy(port: number): Promise<Server> {
  const server = createServer();
  await listen(server, port);
  return server;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
  });
}
