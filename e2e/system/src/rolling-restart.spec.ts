import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  chooseGateway,
  findProgram,
  freePort,
  type GatewayChoice,
  type LocalSystem,
  type ServiceReplica,
  SupervisedProcess,
  urlOf,
} from '@breakwater/system-runner';
import { afterAll, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest';
import { startSystem } from '@breakwater/system-runner/testing';
import { lostRequests, type RequestResult, SingleAttemptClients } from './single-attempt-clients.ts';

const hasNginx = findProgram('nginx') !== undefined;
const gateways: readonly GatewayChoice[] = hasNginx ? ['nginx', 'node'] : ['node'];

// The load balancers close idle connections within 2 s, so a replica that shuts down after the default delay of 3 s has none.
const gracefulShutdown = {
  // The default, instead of that of tests.
  SHUTDOWN_DELAY: '',
  SHUTDOWN_TIMEOUT: '10s',
  CLIENT_RATE_LIMIT: '0',
  MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '0',
};

const clientsPerKind = 3;

/** One system behind both gateways: a restart is the same event for both. */
describe('a rolling restart', () => {
  let system: LocalSystem;
  let nginx: SupervisedProcess | undefined;
  const gatewayUrls = new Map<GatewayChoice, string>();

  beforeAll(async () => {
    system = await startSystem({
      gateway: 'node',
      // With a fast customer, account finds another replica before a client notices.
      env: { account: gracefulShutdown, customer: { ...gracefulShutdown, CUSTOMER_LATENCY: '20ms' } },
    });
    gatewayUrls.set('node', system.gatewayUrl);
    if (!hasNginx) return;
    const port = await freePort();
    nginx = new SupervisedProcess(
      chooseGateway('nginx').prepare({
        port,
        accountPorts: system.accountUrls.map((url) => Number(new URL(url).port)),
        runDirectory: path.join(system.logs, 'nginx'),
        logFile: path.join(system.logs, 'nginx.log'),
      }),
    );
    await nginx.ready(new AbortController().signal);
    gatewayUrls.set('nginx', urlOf(port));
  });

  afterAll(async () => {
    await nginx?.stop();
    await system?.end();
  });

  /** Replaces the processes one after the other, each after the previous one receives requests. */
  async function restartInTurn(
    replicas: readonly ServiceReplica[],
    receivesRequests: (replica: ServiceReplica) => Promise<unknown>,
  ): Promise<ReadonlyMap<GatewayChoice, readonly RequestResult[]>> {
    const clients = new Map(Array.from(gatewayUrls, ([gateway, url]) => [gateway, new SingleAttemptClients(url)]));
    for (const each of clients.values()) await each.start(clientsPerKind);
    for (const replica of replicas) {
      expect(await replica.terminate()).toEqual({ code: 0, signal: null });
      await replica.restart();
      await receivesRequests(replica);
    }
    return new Map(
      await Promise.all(Array.from(clients, async ([gateway, each]) => [gateway, await each.stop()] as const)),
    );
  }

  /** Prints the warnings of a load balancer, which say why a request was lost. */
  function printWarnings(gateway: GatewayChoice): void {
    const file = gateway === 'nginx' ? 'nginx.log' : 'gateway.log';
    const lines = readFileSync(path.join(system.logs, file), 'utf8').split('\n');
    // nginx logs errors as plain text, the gateway in Node as entries with a level from 40.
    const warnings = lines.filter((line) => !line.startsWith('{') || /"level":[4-9]0/.test(line));
    process.stderr.write(`${warnings.slice(-20).join('\n')}\n`);
  }

  describe('of the account services', () => {
    let pidsBefore: readonly (number | undefined)[];
    let results: ReadonlyMap<GatewayChoice, readonly RequestResult[]>;

    beforeAll(async () => {
      pidsBefore = system.accounts.map(({ pid }) => pid);
      // The load balancers exclude a replica that was gone for some seconds.
      results = await restartInTurn(system.accounts, (replica) =>
        Promise.all(Array.from(gatewayUrls.values(), (url) => isUsedBy(url, replica))),
      );
    });

    it.each(gateways)('loses no request behind %s', (gateway) => {
      onTestFailed(() => printWarnings(gateway));

      expect(lostRequests(results.get(gateway)!)).toEqual([]);
      expect(results.get(gateway)!.length).toBeGreaterThan(200);
      for (const [index, { pid }] of system.accounts.entries()) expect(pid).not.toBe(pidsBefore[index]);
    });
  });

  describe('of the customer services', () => {
    let results: ReadonlyMap<GatewayChoice, readonly RequestResult[]>;

    beforeAll(async () => {
      // Account must send some calls to the new process.
      results = await restartInTurn(system.customers, () => delay(1_000));
    });

    it.each(gateways)('loses no request behind %s', (gateway) => {
      onTestFailed(() => printWarnings(gateway));

      expect(lostRequests(results.get(gateway)!)).toEqual([]);
      expect(results.get(gateway)!.length).toBeGreaterThan(200);
    });
  });
});

async function isUsedBy(gatewayUrl: string, replica: ServiceReplica): Promise<void> {
  await vi.waitFor(
    async () => {
      const response = await fetch(`${gatewayUrl}/accounts?limit=1`);
      await response.arrayBuffer();
      expect(response.headers.get('x-instance')).toBe(replica.name);
    },
    { timeout: 20_000, interval: 50 },
  );
}
