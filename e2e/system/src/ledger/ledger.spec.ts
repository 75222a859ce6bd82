import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalSystem } from '@breakwater/system-runner';
import { startSystem } from '@breakwater/system-runner/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { disruptions, Timeline } from './disruptions.ts';
import { judge, missingChecker } from './judge.ts';
import { clientsOf, ledgerOptions, runLedger } from './run-ledger.ts';
import { staleReads } from './stale-reads.ts';

const seed = Number(process.env['LEDGER_SEED'] ?? randomInt(1_000_000));
process.stderr.write(`The ledger test has the seed ${seed}; LEDGER_SEED repeats its choices.\n`);

describe('the ledger after every part of the system has failed', () => {
  let system: LocalSystem;

  beforeAll(async () => {
    system = await startSystem(ledgerOptions);
  });

  afterAll(() => system?.end());

  it('has exactly one account in the right state for every successful request, and a history in order', async () => {
    const timeline = new Timeline();
    onTestFailed(() => void process.stderr.write(`${timeline.toString()}\n`));

    const {
      violations,
      clients,
      judgement,
      disruptions: count,
    } = await runLedger(system, timeline, seed, {
      disruptedSeconds: 2.5,
      pauseSeconds: 0.5,
    });

    expect(violations).toEqual([]);
    expect(count).toBe(disruptions.length);
    // Without enough traffic and failures the audit would prove little.
    const statuses = clients.requests.flatMap((request) => request.responses.map(({ status }) => status));
    expect(clients.requests.length).toBeGreaterThan(500);
    expect(new Set(statuses)).toEqual(new Set([201, 202, 422]));
    expect(clients.failures.size).toBeGreaterThan(0);
    if (process.env['TIMELINE']) process.stderr.write(`${timeline.toString()}\n`);
    if (judgement === undefined) return;
    expect(judgement.violations).toEqual([]);
    const { operations } = clients.history;
    expect(judgement).toMatchObject({ operations: operations.length });
    const closings = operations.filter(({ kind }) => kind === 'close').map(({ code = 0 }) => code);
    expect(new Set(closings)).toEqual(new Set([0, 200, 409, 412]));
  });

  it.runIf(missingChecker === undefined)(
    'has no order for clients of a cache that returns stale accounts',
    async () => {
      const cache = await staleReads(system.gatewayUrl);
      const clients = clientsOf(cache.url, seed);

      clients.start();
      await delay(8_000);
      await clients.stop();
      await cache.stop();

      expect(judge(clients.history.operations).violations.map(({ result }) => result)).toContain('Illegal');
    },
  );
});
