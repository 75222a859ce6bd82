import {
  Bulkhead,
  CircuitBreaker,
  pipeline,
  RateLimiter,
  RetryBudget,
  TimeoutExceededError,
  type Policy,
} from '@breakwater/resilience';
import { FakeClock } from '@breakwater/resilience/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../customer/customer-directory.ts';
import { CustomerUnavailableError } from '../customer/customer-unavailable.error.ts';
import type { Claim } from './pending-verifications.repository.ts';
import { leaseMs, Reconciler, type ReconcilerParts } from './reconciler.ts';

const outage = new CustomerUnavailableError('customer answered 503');
const exists: Answer = { verdict: 'exists', verifiedAt: new Date(0), verifiedBy: 'CUSTOMER' };

/** What becomes of accounts: `c-1 ACTIVE`, `c-2 released`, `c-3 postponed by 750`. */
function fakeQueue(customerIds: readonly string[]) {
  const due = customerIds.map((customerId): Claim => ({
    accountId: customerId,
    customerId,
    attempts: 0,
    heldUntil: new Date(0),
  }));
  const ends: string[] = [];
  const queue: ReconcilerParts['queue'] = {
    claim: vi.fn<ReconcilerParts['queue']['claim']>(async ({ limit }) => due.splice(0, limit)),
    release: async ({ customerId }) => void ends.push(`${customerId} released`),
    postpone: async ({ customerId }, delayMs) => void ends.push(`${customerId} postponed by ${delayMs}`),
    settle: async ({ accountId }, { verdict }) => {
      const settlement = verdict === 'exists' ? 'ACTIVE' : 'REJECTED';
      ends.push(`${accountId} ${settlement}`);
      return settlement;
    },
  };
  return { queue, due, ends };
}

interface Circumstances {
  readonly customerIds?: readonly string[];
  readonly ask?: (customerId: string) => Promise<Answer>;
  readonly mayBeAsked?: boolean;
  readonly pace?: (clock: FakeClock) => Policy;
  readonly minRetriesPerSecond?: number;
}

const unpaced = (): Policy => pipeline('reconciliation', []);

function setUp({
  customerIds = ['c-1', 'c-2', 'c-3'],
  ask = async () => exists,
  mayBeAsked = true,
  pace = unpaced,
  minRetriesPerSecond = 100,
}: Circumstances = {}) {
  const clock = new FakeClock();
  const budget = new RetryBudget('customer', { minRetriesPerSecond, ttl: '1s' }, { clock });
  const customers = { ask: vi.fn(ask), mayBeAsked };
  const { queue, due, ends } = fakeQueue(customerIds);
  const metrics = { count: vi.fn<(result: string) => void>() };
  const reconciler = new Reconciler(
    { queue, customers, metrics, budget, pace: pace(clock) },
    { batchSize: 10, clock, random: () => 0.5 },
  );
  const shutdown = new AbortController();
  const counted = () => metrics.count.mock.calls.flat();
  const runRound = () => reconciler.runRound(shutdown.signal);
  return { runRound, shutdown, clock, customers, queue, due, ends, counted };
}

const manyCustomers = (count: number): string[] => Array.from({ length: count }, (_, n) => `c-${n + 1}`);
/** Lets what is not waiting for time go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  for (const level of ['log', 'debug'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('A round', () => {
  it('settles what customer has an answer for', async () => {
    const answers: Record<string, Answer> = { 'c-1': exists, 'c-2': { verdict: 'unknown' }, 'c-3': exists };
    const { runRound, ends, counted } = setUp({ ask: async (id) => answers[id] ?? exists });

    expect(await runRound()).toBe('done');

    expect(ends).toEqual(['c-1 ACTIVE', 'c-2 REJECTED', 'c-3 ACTIVE']);
    expect(counted()).toEqual(['active', 'rejected', 'active']);
  });

  it('asks for more at once when it has taken all that it takes', async () => {
    const { runRound, queue } = setUp({ customerIds: manyCustomers(12) });

    expect([await runRound(), await runRound()]).toEqual(['more', 'done']);
    expect(queue.claim).toHaveBeenCalledWith({ limit: 10, leaseMs });
  });

  it.each([
    ['fails', outage],
    ['takes too long', new TimeoutExceededError('customer', 3_000, 'timeoutDuration')],
  ])('postpones what customer %s at, and goes on with the others', async (_, error) => {
    const { runRound, ends, counted } = setUp({ ask: async (id) => (id === 'c-2' ? Promise.reject(error) : exists) });

    await runRound();

    expect(ends.toSorted()).toEqual(['c-1 ACTIVE', 'c-2 postponed by 750', 'c-3 ACTIVE']);
    expect(counted().toSorted()).toEqual(['active', 'active', 'postponed']);
  });

  it.each([
    { attempts: 0, delayMs: 750 },
    { attempts: 3, delayMs: 6_000 },
    { attempts: 5, delayMs: 22_500 },
    { attempts: 100_000, delayMs: 22_500 },
  ])('puts the attempt after $attempts earlier ones off by $delayMs ms', async ({ attempts, delayMs }) => {
    const { runRound, due, ends } = setUp({ customerIds: ['c-1'], ask: () => Promise.reject(outage) });
    due.splice(0, 1, { ...(due[0] as Claim), attempts });

    await runRound();

    expect(ends).toEqual([`c-1 postponed by ${delayMs}`]);
  });

  it('claims nothing while the circuit breaker is sure to refuse', async () => {
    const { runRound, queue } = setUp({ mayBeAsked: false });

    expect(await runRound()).toBe('done');
    expect(queue.claim).not.toHaveBeenCalled();
  });

  it('gives everything back at the first refusal, without counting an attempt', async () => {
    const circuitBreaker = new CircuitBreaker('customer');
    circuitBreaker.transitionToForcedOpenState();
    const { runRound, ends, customers, counted } = setUp({
      customerIds: manyCustomers(10),
      ask: () => circuitBreaker.execute(() => exists),
      pace: (clock) => new RateLimiter('reconciliation', { limitForPeriod: 1, limitRefreshPeriod: '125ms' }, { clock }),
    });

    expect(await runRound()).toBe('done');

    expect(ends.toSorted()).toEqual(
      manyCustomers(10)
        .map((id) => `${id} released`)
        .toSorted(),
    );
    expect(customers.ask).toHaveBeenCalledTimes(1);
    expect(counted()).toEqual([]);
  });

  it('gives back what the budget is not enough for', async () => {
    const { runRound, ends } = setUp({ customerIds: manyCustomers(5), minRetriesPerSecond: 3 });

    expect(await runRound()).toBe('done');

    expect(ends.toSorted()).toEqual(['c-1 ACTIVE', 'c-2 ACTIVE', 'c-3 ACTIVE', 'c-4 released', 'c-5 released']);
  });

  it('claims nothing once the budget is spent', async () => {
    const { runRound, queue } = setUp({ customerIds: manyCustomers(5), minRetriesPerSecond: 3 });
    await runRound();

    await runRound();

    expect(queue.claim).toHaveBeenCalledTimes(1);
  });

  it('keeps to its pace', async () => {
    const { runRound, clock, customers } = setUp({
      customerIds: manyCustomers(10),
      pace: (clock) => new RateLimiter('reconciliation', { limitForPeriod: 1, limitRefreshPeriod: '125ms' }, { clock }),
    });

    const round = runRound();
    const asked: number[] = [];
    for (let tick = 0; tick < 10; tick += 1) {
      await settle();
      asked.push(customers.ask.mock.calls.length);
      clock.advance(125);
    }
    await round;

    expect(asked).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('has a few questions under way at once', async () => {
    const { promise: answered, resolve } = Promise.withResolvers<Answer>();
    const { runRound, customers } = setUp({
      customerIds: manyCustomers(10),
      ask: () => answered,
      pace: () => new Bulkhead('reconciliation', { maxConcurrentCalls: 4, maxWaitDuration: '60s' }),
    });

    const round = runRound();
    await settle();
    const atOnce = customers.ask.mock.calls.length;
    resolve(exists);
    await round;

    expect(atOnce).toBe(4);
    expect(customers.ask).toHaveBeenCalledTimes(10);
  });

  it('begins no question in the second half of its lease', async () => {
    const { runRound, clock, ends } = setUp({
      customerIds: ['c-1', 'c-2', 'c-3'],
      pace: (clock) =>
        new RateLimiter(
          'reconciliation',
          { limitForPeriod: 1, limitRefreshPeriod: '10s', timeoutDuration: '60s' },
          { clock },
        ),
    });

    const round = runRound();
    for (let turn = 0; turn < 3; turn += 1) {
      await settle();
      clock.advance(10_000);
    }
    await round;

    expect(ends).toEqual(['c-1 ACTIVE', 'c-2 ACTIVE', 'c-3 released']);
  });

  it('ends at shutdown when what is under way has ended, and gives the rest back at once', async () => {
    const { promise: answered, resolve } = Promise.withResolvers<Answer>();
    const { runRound, shutdown, ends } = setUp({
      ask: () => answered,
      pace: () => new Bulkhead('reconciliation', { maxConcurrentCalls: 1, maxWaitDuration: '60s' }),
    });

    const round = runRound();
    await settle();
    shutdown.abort();
    await settle();
    const atOnce = [...ends];
    resolve(exists);

    expect(await round).toBe('done');
    expect(atOnce.toSorted()).toEqual(['c-2 released', 'c-3 released']);
    expect(ends.at(-1)).toBe('c-1 ACTIVE');
  });

  it('is not begun during shutdown', async () => {
    const { runRound, shutdown, queue } = setUp();
    shutdown.abort();

    await runRound();

    expect(queue.claim).not.toHaveBeenCalled();
  });

  it('throws what the database throws, once nothing is under way any more', async () => {
    const { runRound, queue, ends } = setUp();
    const away = new Error('The database is unavailable.');
    vi.spyOn(queue, 'settle').mockRejectedValueOnce(away);

    await expect(runRound()).rejects.toBe(away);
    expect(ends).toEqual(['c-2 ACTIVE', 'c-3 ACTIVE']);
  });

  it('counts nothing that somebody else has settled', async () => {
    const { runRound, queue, counted } = setUp();
    vi.spyOn(queue, 'settle').mockResolvedValue(undefined);

    await runRound();

    expect(counted()).toEqual([]);
  });
});
