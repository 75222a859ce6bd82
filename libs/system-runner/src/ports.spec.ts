import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { choosePorts, loopback, requireFreePorts } from './ports.ts';
import { SystemFailure } from './system-failure.ts';

const servers: Server[] = [];

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

describe('the ports of a system', () => {
  it('follow from the port of the gateway', async () => {
    expect(await choosePorts(8080)).toEqual({ gateway: 8080, accounts: [8081, 8082], customers: [8091, 8092] });
  });

  it('are five different free ones when the gateway is given port 0', async () => {
    const { gateway, accounts, customers } = await choosePorts(0);

    expect(new Set([gateway, ...accounts, ...customers]).size).toBe(5);
    await expect(requireFreePorts({ gateway, accounts, customers })).resolves.toBeUndefined();
  });

  it('are as many as there are replicas', async () => {
    expect(await choosePorts(8080, { accounts: 1, customers: 3 })).toEqual({
      gateway: 8080,
      accounts: [8081],
      customers: [8091, 8092, 8093],
    });
    const { accounts, customers } = await choosePorts(0, { accounts: 3, customers: 1 });
    expect([accounts.length, customers.length]).toEqual([3, 1]);
  });

  it('have one for the console between accounts and customers, where there is one', async () => {
    expect(await choosePorts(8080, { accounts: 2, customers: 2, console: true })).toMatchObject({ console: 8090 });
    const { gateway, accounts, customers, console } = await choosePorts(0, {
      accounts: 2,
      customers: 2,
      console: true,
    });
    expect(new Set([gateway, ...accounts, ...customers, console]).size).toBe(6);
  });

  it('are refused when one is in use, with who needs it and what to do', async () => {
    const ports = await choosePorts(0);
    await occupy(ports.accounts[1]!);

    const failure = await requireFreePorts(ports).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(SystemFailure);
    expect(failure).toMatchObject({
      message: `Port ${ports.accounts[1]}, meant for account-2, is already in use`,
      remedy: 'Stop what listens there, or choose other ports with --port N (0 picks free ones).',
    });
  });
});
