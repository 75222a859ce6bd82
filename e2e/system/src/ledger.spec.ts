import { randomInt } from 'node:crypto';
import type { LocalSystem } from '@breakwater/system-runner';
import { auditLedger, countPending, customerExists, readLedger } from '@breakwater/system-runner/ledger';
import { afterAll, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest';
import { failEverything, Timeline } from './failures.ts';
import { RetryingClients } from './retrying-clients.ts';
import { startSystem } from '@breakwater/system-runner/testing';

const seed = Number(process.env['LEDGER_SEED'] ?? randomInt(1_000_000));

/** Longer than the reconciler's back-off after the few failures of a run; its longest is an hour. */
const settleTimeoutMs = 90_000;

describe('the ledger after every part of the system has failed', () => {
  let system: LocalSystem;

  beforeAll(async () => {
    system = await startSystem({
      env: {
        customer: { CUSTOMER_LATENCY: '20ms' },
        // All clients have the same address; a fast reconciler shortens the wait at the end.
        account: {
          CLIENT_RATE_LIMIT: '0',
          MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '0',
          RECONCILIATION_INTERVAL: '250ms',
          RECONCILIATION_BATCH_SIZE: '100',
          RESILIENCE4J_RATELIMITER_INSTANCES_RECONCILIATION_LIMITREFRESHPERIOD: '20ms',
        },
      },
    });
  });

  afterAll(() => system?.end());

  it('has exactly one account in the right state for every successful request', async () => {
    const timeline = new Timeline();
    onTestFailed(() => void process.stderr.write(`${timeline.toString()}\n`));
    timeline.note(`seed ${seed} (set LEDGER_SEED to repeat the choices of the clients)`);
    const clients = new RetryingClients({
      gatewayUrl: system.gatewayUrl,
      clients: 24,
      pauseMs: 1_000,
      attemptTimeoutMs: 2_500,
      totalTimeoutMs: 90_000,
      seed,
    });
    clients.start();
    try {
      await failEverything(system, timeline);
    } finally {
      await clients.stop();
    }
    const { requests, failures } = clients;
    timeline.note(`${requests.length} requests; failed attempts: ${JSON.stringify([...failures])}`);
    await vi.waitFor(async () => expect(await countPending(system.database.url)).toBe(0), {
      timeout: settleTimeoutMs,
      interval: 500,
    });
    timeline.note('nothing is pending');

    const violations = auditLedger(requests, await readLedger(system.database.url), customerExists);

    expect(violations).toEqual([]);
    // Without enough traffic and failures the audit would prove little.
    const statuses = requests.flatMap((request) => request.responses.map(({ status }) => status));
    expect(requests.length).toBeGreaterThan(500);
    expect(new Set(statuses)).toEqual(new Set([201, 202, 422]));
    expect(failures.size).toBeGreaterThan(0);
    if (process.env['TIMELINE']) process.stderr.write(`${timeline.toString()}\n`);
  });
});
