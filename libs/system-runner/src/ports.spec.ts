import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort, freePorts, loopback, requireFreePorts, systemPorts } from './ports.ts';
import { SystemFailure } from './system-failure.ts';

const servers: Server[] = [];
const twoOfEach = { accounts: 2, customers: 2 };

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

function occupy(port: number): Promise<void> {
  const server = createServer();
  servers.push(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, loopback, resolve);
  });
}

describe('systemPorts', () => {
  it('derives the ports from the port of the gateway', async () => {
    expect(await systemPorts(8080, twoOfEach)).toEqual({
      gateway: 8080,
      accounts: [8081, 8082],
      customers: [8091, 8092],
    });
  });

  it('chooses five different free ports for port 0', async () => {
    const { gateway, accounts, customers } = await systemPorts(0, twoOfEach);

    expect(new Set([gateway, ...accounts, ...customers]).size).toBe(5);
    await expect(requireFreePorts({ gateway, accounts, customers })).resolves.toBeUndefined();
  });

  it('returns a port per replica', async () => {
    expect(await systemPorts(8080, { accounts: 1, customers: 3 })).toEqual({
      gateway: 8080,
      accounts: [8081],
      customers: [8091, 8092, 8093],
    });
    const { accounts, customers } = await systemPorts(0, { accounts: 3, customers: 1 });
    expect([accounts.length, customers.length]).toEqual([3, 1]);
  });

  it('places the console between accounts and customers', async () => {
    expect(await systemPorts(8080, { accounts: 2, customers: 2, console: true })).toMatchObject({ console: 8090 });
    const { gateway, accounts, customers, console } = await systemPorts(0, {
      accounts: 2,
      customers: 2,
      console: true,
    });
    expect(new Set([gateway, ...accounts, ...customers, console]).size).toBe(6);
  });
});

describe('freePorts', () => {
  it('chooses no port twice, even if nothing listens on it yet', async () => {
    const chosen = await freePort();
    const tried: number[] = [];

    const [next] = await freePorts(1, () => {
      tried.push(chosen + tried.length);
      return tried.at(-1)!;
    });

    expect(tried[0]).toBe(chosen);
    expect(next).toBeGreaterThan(chosen);
  });
});

describe('requireFreePorts', () => {
  it('names the port that is in use, its owner and the remedy', async () => {
    const ports = await systemPorts(0, twoOfEach);
    await occupy(ports.accounts[1]!);

    const failure = await requireFreePorts(ports).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(SystemFailure);
    expect(failure).toMatchObject({
      message: `Port ${ports.accounts[1]}, meant for account-2, is already in use`,
      remedy: 'Stop the program that uses it, or choose other ports with --port N (0 picks free ones).',
    });
  });
});
