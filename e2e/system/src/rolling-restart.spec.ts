import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { GatewayChoice, LocalSystem, ServiceReplica } from '@breakwater/system-runner';
import { afterAll, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest';
import { endSystem, startSystem } from './running-system.ts';
import { lostRequests, Traffic } from './traffic.ts';

const gateways: readonly { gateway: GatewayChoice; isThere: boolean }[] = [
  { gateway: 'nginx', isThere: spawnSync('nginx', ['-v']).status === 0 },
  { gateway: 'node', isThere: true },
];

// The load balancers give up idle connections within 2 s, so none is left when a replica closes what it has.
const orderly = { SHUTDOWN_DELAY: '3s', SHUTDOWN_TIMEOUT: '10s', CLIENT_RATE_LIMIT: '0' };

const clientsOfAKind = 3;

function start(gateway: GatewayChoice): Promise<LocalSystem> {
  return startSystem({
    gateway,
    // Customer delays nothing: account has found another replica before it would notice.
    env: { account: orderly, customer: { ...orderly, CUSTOMER_LATENCY: '20ms' } },
  });
}

/** Ends each replica in an orderly way and puts a new process in its place, the next once the one before takes part. */
async function restartInTurn(
  replicas: readonly ServiceReplica[],
  takesPart: (replica: ServiceReplica) => Promise<void>,
): Promise<void> {
  for (const replica of replicas) {
    expect(await replica.terminate()).toEqual({ code: 0, signal: null });
    await replica.restart();
    await takesPart(replica);
  }
}

/** Load balancers leave a replica that was gone alone for some seconds. */
async function isUsedBy(gatewayUrl: string, replica: ServiceReplica): Promise<void> {
  await vi.waitFor(
    async () => {
      const answer = await fetch(`${gatewayUrl}/accounts?limit=1`);
      await answer.arrayBuffer();
      expect(answer.headers.get('x-instance')).toBe(replica.name);
    },
    { timeout: 20_000, interval: 50 },
  );
}

/** What the load balancer had to complain about: its log says why a request was lost. */
function printComplaints({ logs }: LocalSystem): void {
  const lines = readFileSync(path.join(logs, 'gateway.log'), 'utf8').split('\n');
  // nginx's own are plain text; the other gateway's are entries of level 40 and above.
  const complaints = lines.filter((line) => !line.startsWith('{') || /"level":[4-9]0/.test(line));
  process.stderr.write(`${complaints.slice(-20).join('\n')}\n`);
}

describe.each(gateways.filter(({ isThere }) => isThere))('a rolling restart behind $gateway', ({ gateway }) => {
  let system: LocalSystem;

  beforeAll(async () => {
    system = await start(gateway);
  });

  afterAll(() => endSystem(system));

  it('of the account services loses no request', async () => {
    const { accounts, gatewayUrl } = system;
    onTestFailed(() => printComplaints(system));
    const before = accounts.map(({ pid }) => pid);
    const traffic = new Traffic(gatewayUrl);
    await traffic.start(clientsOfAKind);

    await restartInTurn(accounts, (replica) => isUsedBy(gatewayUrl, replica));
    const outcomes = await traffic.finish();

    expect(lostRequests(outcomes)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(200);
    for (const [index, { pid }] of accounts.entries()) expect(pid).not.toBe(before[index]);
  });

  it('of the customer services loses no request', async () => {
    onTestFailed(() => printComplaints(system));
    const traffic = new Traffic(system.gatewayUrl);
    await traffic.start(clientsOfAKind);

    // Some calls of account go to the new process.
    await restartInTurn(system.customers, () => delay(1_000));
    const outcomes = await traffic.finish();

    expect(lostRequests(outcomes)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(200);
  });
});
