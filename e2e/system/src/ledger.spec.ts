import { randomInt } from 'node:crypto';
import type { LocalSystem } from '@breakwater/system-runner';
import { audit, countPending, readBooks } from '@breakwater/system-runner/ledger';
import { afterAll, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest';
import { Crowd, customerExists } from './crowd.ts';
import { endSystem, startSystem } from './running-system.ts';
import { failEverything } from './scenario.ts';
import { SeededChoices } from './seeded-choices.ts';
import { Timeline } from './timeline.ts';

const seed = Number(process.env['LEDGER_SEED'] ?? randomInt(1_000_000));

/** By the pace of the reconciler, and its longest back-off, what is pending has been settled by then. */
const settleWithinMs = 90_000;

describe('the ledger, after everything that can fail has failed,', () => {
  let system: LocalSystem;

  beforeAll(async () => {
    system = await startSystem({
      env: {
        customer: { CUSTOMER_LATENCY: '20ms' },
        // The crowd comes from one address.
        account: { CLIENT_RATE_LIMIT: '0' },
      },
    });
  });

  afterAll(() => endSystem(system));

  it('has exactly one account, in the right state, for every request that was answered with success', async () => {
    const timeline = new Timeline();
    onTestFailed(() => void process.stderr.write(`${timeline.toString()}\n`));
    timeline.note(`seed ${seed} (LEDGER_SEED repeats the choices of the clients)`);
    const crowd = new Crowd(
      { gatewayUrl: system.gatewayUrl, clients: 24, pauseMs: 1_000, attemptTimeoutMs: 2_500, patienceMs: 90_000 },
      new SeededChoices(seed),
    );
    crowd.start();
    try {
      await failEverything(system, timeline);
    } finally {
      await crowd.finish();
    }
    const { requests } = crowd.record;
    timeline.note(`${requests.length} requests were made; attempts in vain: ${JSON.stringify([...crowd.failures])}`);
    await vi.waitFor(async () => expect(await countPending(system.database.url)).toBe(0), {
      timeout: settleWithinMs,
      interval: 500,
    });
    timeline.note('nothing is pending');

    const findings = audit(requests, await readBooks(system.database.url), customerExists);

    expect(findings).toEqual([]);
    // Otherwise it was not much of a test.
    const answers = requests.flatMap((request) => request.answers.map(({ status }) => status));
    expect(requests.length).toBeGreaterThan(500);
    expect(new Set(answers)).toEqual(new Set([201, 202, 422]));
    expect(crowd.failures.size).toBeGreaterThan(0);
  });
});
