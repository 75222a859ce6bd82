import { CircuitBreaker, pipeline, RetryBudget } from '@breakwater/resilience';
import { FakeClock } from '@breakwater/resilience/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CustomerStatus } from '../customer/customer-directory.ts';
import { CustomerUnavailableError } from '../customer/customer.client.ts';
import { Reconciler, type ReconcilerParts } from './reconciler.ts';

const minute = 60_000;
const hour = 60 * minute;
const exists: CustomerStatus = { customer: 'exists', verifiedAt: new Date(0), verifiedBy: 'CUSTOMER' };

interface Row {
  readonly accountId: string;
  readonly customerId: string;
  attempts: number;
  failures: number;
  failedAt: number | undefined;
  nextAttemptAt: number;
}

/** The queue in memory, on the clock of the test. */
function queueInMemory(clock: FakeClock, customerIds: readonly string[]) {
  const rows = new Map<string, Row>();
  const add = (accountId: string): void => {
    const row = { accountId, customerId: accountId, attempts: 0, failures: 0, failedAt: undefined };
    rows.set(accountId, { ...row, nextAttemptAt: clock.now() });
  };
  for (const customerId of customerIds) add(customerId);
  const queue: ReconcilerParts['queue'] = {
    claim: async ({ limit, leaseMs }) =>
      [...rows.values()]
        .filter(({ nextAttemptAt }) => nextAttemptAt <= clock.now())
        .toSorted((a, b) => a.failures - b.failures || a.nextAttemptAt - b.nextAttemptAt)
        .slice(0, limit)
        .map((row) => {
          row.nextAttemptAt = clock.now() + leaseMs;
          const failedMsAgo = row.failedAt === undefined ? undefined : clock.now() - row.failedAt;
          return { ...row, failedMsAgo, traceparent: undefined, heldUntil: new Date(0) };
        }),
    release: async ({ accountId }) => void Object.assign(rows.get(accountId)!, { nextAttemptAt: clock.now() }),
    postpone: async ({ accountId }, { delayMs, isCounted, isSetAside }) => {
      const row = rows.get(accountId)!;
      row.attempts += 1;
      row.failures += isCounted ? 1 : 0;
      row.failedAt = clock.now();
      row.nextAttemptAt = isSetAside ? Infinity : clock.now() + delayMs;
      return true;
    },
    endWaits: async ({ leaseMs }) => {
      for (const row of rows.values())
        if (row.failures === 0 && row.nextAttemptAt > clock.now() + leaseMs && row.nextAttemptAt < Infinity)
          row.nextAttemptAt = clock.now();
    },
    settle: async ({ accountId }) => {
      rows.delete(accountId);
      return 'ACTIVE';
    },
  };
  const setAside = () => [...rows.values()].filter(({ nextAttemptAt }) => nextAttemptAt === Infinity).length;
  return { queue, rows, add, setAside };
}

/** A reconciler with its own circuit breaker and that of requests, and a customer that the test controls. */
function setUp(customerIds: readonly string[]) {
  const clock = new FakeClock();
  const options = { slidingWindowSize: 10, minimumNumberOfCalls: 10, permittedNumberOfCallsInHalfOpenState: 3 };
  const config = { ...options, waitDurationInOpenState: '10s' as const };
  const ofRequests = new CircuitBreaker('customer', config, { clock });
  const own = new CircuitBreaker('reconciliation', config, { clock });
  let isHealthy: (customerId: string) => boolean = () => true;
  let lastResultAt = -Infinity;
  let calls = 0;
  const find = async (customerId: string): Promise<CustomerStatus> => {
    calls += 1;
    if (!isHealthy(customerId)) throw new CustomerUnavailableError('customer responded with 500');
    lastResultAt = clock.now();
    return exists;
  };
  const mayBeCalled = (breaker: CircuitBreaker) => !(breaker.state === 'OPEN' && (breaker.remainingMs ?? 0) > 0);
  const customers: ReconcilerParts['customers'] = {
    verifyFresh: (customerId) => own.execute(() => find(customerId)),
    get mayBeCalled() {
      return mayBeCalled(ofRequests) && mayBeCalled(own);
    },
    get isSuspect() {
      return ['OPEN', 'HALF_OPEN'].includes(ofRequests.state);
    },
    get msSinceResult() {
      return clock.now() - lastResultAt;
    },
  };
  const inMemory = queueInMemory(clock, customerIds);
  const budget = new RetryBudget('customer', { minRetriesPerSecond: 1_000 }, { clock });
  const reconciler = new Reconciler(
    { queue: inMemory.queue, customers, metrics: { count: () => {} }, budget, pace: pipeline('reconciliation', []) },
    { batchSize: 10, maxAttempts: 15, clock },
  );
  const { signal } = new AbortController();
  /** A round every five seconds, after a request of a client if there are clients. */
  const run = async (durationMs: number, request?: () => Promise<unknown>): Promise<void> => {
    const end = clock.now() + durationMs;
    while (clock.now() < end) {
      clock.advance(5_000);
      await request?.();
      await reconciler.runRound(signal);
    }
  };
  const request = (customerId: string) =>
    ofRequests
      .execute(() => find(customerId))
      .then(
        () => true,
        () => false,
      );
  const customerIs = (check: typeof isHealthy) => void (isHealthy = check);
  return { ...inMemory, run, request, customerIs, ofRequests, own, clock, calls: () => calls };
}

const manyCustomers = (count: number, prefix = 'c'): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}-${n}`);

beforeEach(() => {
  for (const level of ['log', 'warn', 'debug'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('The reconciler in virtual time', () => {
  it.each([
    ['without requests of clients', undefined],
    ['while clients keep sending requests', 'c-new'],
  ])('sets no account aside while customer is down for a day, and verifies all afterwards, %s', async (_, client) => {
    const { run, request, customerIs, rows, setAside } = setUp(manyCustomers(20));
    const send = client === undefined ? undefined : () => request(client);
    customerIs(() => false);

    await run(24 * hour, send);
    const afterADay = { pending: rows.size, setAside: setAside(), counted: Math.max(...failuresOf(rows)) };
    customerIs(() => true);
    // The first result ends all waits. Without requests of clients that is the first account that is due.
    await run(client === undefined ? hour : minute, send);

    expect(afterADay).toEqual({ pending: 20, setAside: 0, counted: 0 });
    expect(rows.size).toBe(0);
  });

  it('counts at most one failure for each short outage of many', async () => {
    const { run, request, customerIs, rows, setAside } = setUp(manyCustomers(20));
    const send = () => request('c-new');

    for (let outage = 1; outage <= 10; outage += 1) {
      customerIs(() => false);
      await run(10 * minute, send);
      // Requests succeed again for a while, in which no pending account is due.
      customerIs((id) => id === 'c-new');
      await run(5_000, send);
      expect(Math.max(...failuresOf(rows))).toBeLessThanOrEqual(outage);
    }

    expect({ pending: rows.size, setAside: setAside() }).toEqual({ pending: 20, setAside: 0 });
  });

  it('sets only the accounts aside that customer cannot verify while it verifies others, and then stops calling', async () => {
    const { run, request, customerIs, add, rows, setAside, ofRequests, calls } = setUp(manyCustomers(200, 'bad'));
    customerIs((id) => !id.startsWith('bad'));
    const results: boolean[] = [];
    const send = async () => void results.push(await request('c-healthy'));

    await run(hour, send);
    const whileTried = setAside();
    for (const customerId of manyCustomers(20)) add(customerId);
    await run(5 * minute, send);
    const good = [...rows.keys()].filter((id) => !id.startsWith('bad'));
    await run(24 * hour, send);
    const before = calls();
    await run(hour, send);

    expect({ whileTried, good }).toEqual({ whileTried: 0, good: [] });
    expect(setAside()).toBe(200);
    expect(results).not.toContain(false);
    expect(ofRequests.state).toBe('CLOSED');
    expect(calls() - before).toBe(hour / 5_000);
  });
});

const failuresOf = (rows: ReadonlyMap<string, Row>): number[] => [
  0,
  ...[...rows.values()].map(({ failures }) => failures),
];
