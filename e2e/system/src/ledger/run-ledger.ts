import { setTimeout as delay } from 'node:timers/promises';
import type { LocalSystem, SystemOptions } from '@breakwater/system-runner';
import {
  auditLedger,
  countPending,
  customerExists,
  type LedgerViolation,
  readLedger,
} from '@breakwater/system-runner/ledger';
import { seededRandom } from '@breakwater/system-runner/testing';
import { accountForManyClients } from '../account-for-many-clients.ts';
import { disrupt, type DisruptionPace, type Timeline } from './disruptions.ts';
import { judge, type Judgement, missingChecker } from './judge.ts';
import { RetryingClients } from './retrying-clients.ts';

/** Longer than the reconciler's back-off after the few failures of a short run; its longest is an hour. */
const settleTimeoutMs = 120_000;

export const ledgerOptions: SystemOptions = {
  faultProxies: true,
  env: {
    customer: { CUSTOMER_LATENCY: '20ms' },
    account: { ...accountForManyClients, RECONCILIATION_BATCH_SIZE: '100' },
  },
};

export const clientsOf = (gatewayUrl: string, seed: number): RetryingClients =>
  new RetryingClients({
    gatewayUrl,
    clients: 24,
    pauseMs: 1_000,
    attemptTimeoutMs: 2_500,
    totalTimeoutMs: 90_000,
    seed,
  });

export interface LedgerRun {
  readonly clients: RetryingClients;
  readonly disruptions: number;
  readonly violations: readonly LedgerViolation[];
  /** Undefined where the checker cannot be built. */
  readonly judgement: Judgement | undefined;
}

/** Disrupts a system under load, waits until nothing is pending, audits the ledger, and judges what clients have seen. */
export async function runLedger(
  system: LocalSystem,
  timeline: Timeline,
  seed: number,
  pace: DisruptionPace,
): Promise<LedgerRun> {
  timeline.note(`seed ${seed} (set LEDGER_SEED to repeat the choices)`);
  const clients = clientsOf(system.gatewayUrl, seed);
  clients.start();
  let disruptions: number;
  try {
    disruptions = await disrupt(system, timeline, seededRandom(seed), pace);
  } finally {
    await clients.stop();
  }
  const { requests, failures, closings, history } = clients;
  timeline.note(`${requests.length} requests; failed attempts: ${JSON.stringify([...failures])}`);
  const deadline = performance.now() + settleTimeoutMs;
  while ((await countPending(system.database.url)) > 0 && performance.now() < deadline) await delay(500);
  timeline.note('nothing is pending, or the time to wait for it is over');
  await clients.readAll();
  const violations = auditLedger(requests, await readLedger(system.database.url), customerExists, closings);
  const judgement = missingChecker === undefined ? judge(history.operations) : undefined;
  timeline.note(`${judgement?.operations ?? 'no'} operations are judged`);
  return { clients, disruptions, violations, judgement };
}
