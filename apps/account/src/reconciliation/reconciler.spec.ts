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
import type { CustomerStatus } from '../customer/customer-directory.ts';
import { CustomerUnavailableError } from '../customer/customer.client.ts';
import type { Claim } from './pending-verifications.repository.ts';
import { leaseMs, Reconciler, type ReconcilerParts } from './reconciler.ts';

const outage = new CustomerUnavailableError('customer responded with 503');
const exists: CustomerStatus = { customer: 'exists', verifiedAt: new Date(0), verifiedBy: 'CUSTOMER' };

/** A queue that records its calls: `c-1 ACTIVE`, `c-2 released`, `c-3 postponed by 750`. */
function fakeQueue(customerIds: readonly string[]) {
  const due = customerIds.map((customerId): Claim => ({
    accountId: customerId,
    customerId,
    attempts: 0,
    failures: 0,
    failedMsAgo: undefined,
    traceparent: undefined,
    heldUntil: new Date(0),
  }));
  const ends: string[] = [];
  const queue: ReconcilerParts['queue'] = {
    claim: vi.fn<ReconcilerParts['queue']['claim']>(async ({ limit }) => due.splice(0, limit)),
    release: async ({ customerId }) => void ends.push(`${customerId} released`),
    postpone: async ({ customerId }, { delayMs, isCounted, isSetAside }) => {
      if (isSetAside) ends.push(`${customerId} set aside`);
      else ends.push(`${customerId} postponed by ${delayMs}${isCounted ? ', counted' : ''}`);
      return true;
    },
    endWaits: vi.fn<ReconcilerParts['queue']['endWaits']>(async () => {}),
    settle: async ({ accountId }, { customer }) => {
      const settlement = customer === 'exists' ? 'ACTIVE' : 'REJECTED';
      ends.push(`${accountId} ${settlement}`);
      return settlement;
    },
  };
  return { queue, due, ends };
}

interface Setup {
  readonly customerIds?: readonly string[];
  readonly verifyFresh?: (customerId: string) => Promise<CustomerStatus>;
  readonly mayBeCalled?: boolean;
  readonly pace?: (clock: FakeClock) => Policy;
  readonly minRetriesPerSecond?: number;
}

const unpaced = (): Policy => pipeline('reconciliation', []);

function setUp({
  customerIds = ['c-1', 'c-2', 'c-3'],
  verifyFresh = async () => exists,
  mayBeCalled = true,
  pace = unpaced,
  minRetriesPerSecond = 100,
}: Setup = {}) {
  const clock = new FakeClock();
  const budget = new RetryBudget('customer', { minRetriesPerSecond, ttl: '1s' }, { clock });
  const customers = { verifyFresh: vi.fn(verifyFresh), mayBeCalled, isSuspect: false, msSinceResult: Infinity };
  const { queue, due, ends } = fakeQueue(customerIds);
  const metrics = { count: vi.fn<(result: string) => void>() };
  const reconciler = new Reconciler(
    { queue, customers, metrics, budget, pace: pace(clock) },
    { batchSize: 10, maxAttempts: 3, clock, random: () => 0.5 },
  );
  const shutdown = new AbortController();
  const counted = () => metrics.count.mock.calls.flat();
  const runRound = () => reconciler.runRound(shutdown.signal);
  return { runRound, shutdown, clock, customers, queue, due, ends, counted };
}

const manyCustomers = (count: number): string[] => Array.from({ length: count }, (_, n) => `c-${n + 1}`);
/** Lets pending promises settle. */
const letPromisesSettle = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  for (const level of ['log', 'warn', 'debug'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('A round', () => {
  it('logs what became of each account', async () => {
    const { log, warn, debug } = Logger.prototype;
    const { runRound, customers, due } = setUp({
      verifyFresh: async (id) => (id === 'c-1' ? exists : Promise.reject(outage)),
    });
    due.splice(2, 1, { ...(due[2] as Claim), failedMsAgo: 60_000, failures: 2 });
    customers.msSinceResult = 0;
    await runRound();

    expect(log).toHaveBeenCalledExactlyOnceWith({ accountId: 'c-1', status: 'ACTIVE' }, 'account verified');
    const reason = 'customer responded with 503';
    expect(debug).toHaveBeenCalledExactlyOnceWith({ accountId: 'c-2', reason, delayMs: 750 }, 'verification postponed');
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      { accountId: 'c-3', customerId: 'c-3', reason, failures: 3 },
      'verification set aside',
    );
  });

  it('claims nothing with less than one retry in the budget', async () => {
    const { runRound, queue } = setUp({ minRetriesPerSecond: 1, customerIds: ['c-1'] });

    expect(await runRound()).toBe('done');
    expect(await runRound()).toBe('skipped');
    expect(queue.claim).toHaveBeenCalledTimes(1);
  });

  it('releases what it claims while the process begins to shut down', async () => {
    const { runRound, shutdown, queue, due, ends } = setUp({ customerIds: ['c-1'] });
    vi.mocked(queue.claim).mockImplementation(async () => {
      shutdown.abort();
      return due.splice(0);
    });

    expect(await runRound()).toBe('done');
    expect(ends).toEqual(['c-1 released']);
  });

  it('throws an error that says nothing about the customer, and leaves its account to the lease', async () => {
    const bug = new TypeError('no such function');
    const { runRound, ends } = setUp({ customerIds: ['c-1'], verifyFresh: () => Promise.reject(bug) });

    await expect(runRound()).rejects.toBe(bug);
    expect(ends).toEqual([]);
  });

  it('settles the accounts whose customers are known or unknown', async () => {
    const statuses: Record<string, CustomerStatus> = { 'c-1': exists, 'c-2': { customer: 'unknown' }, 'c-3': exists };
    const { runRound, ends, counted } = setUp({ verifyFresh: async (id) => statuses[id] ?? exists });

    expect(await runRound()).toBe('done');

    expect(ends.toSorted()).toEqual(['c-1 ACTIVE', 'c-2 REJECTED', 'c-3 ACTIVE']);
    expect(counted().toSorted()).toEqual(['active', 'active', 'rejected']);
  });

  it('reports more work when its batch was full', async () => {
    const { runRound, queue } = setUp({ customerIds: manyCustomers(12) });

    expect([await runRound(), await runRound()]).toEqual(['more', 'done']);
    expect(queue.claim).toHaveBeenCalledWith({ limit: 10, leaseMs });
  });

  it.each([
    ['fails', outage],
    ['takes too long', new TimeoutExceededError('customer', 3_000, 'timeoutDuration')],
  ])('postpones an account when customer %s, and continues with the others', async (_, error) => {
    const { runRound, ends, counted } = setUp({
      verifyFresh: async (id) => (id === 'c-2' ? Promise.reject(error) : exists),
    });

    await runRound();

    expect(ends.toSorted()).toEqual(['c-1 ACTIVE', 'c-2 postponed by 750', 'c-3 ACTIVE']);
    expect(counted().toSorted()).toEqual(['active', 'active', 'postponed']);
  });

  it.each([
    { attempts: 0, delayMs: 750 },
    { attempts: 3, delayMs: 6_000 },
    { attempts: 5, delayMs: 24_000 },
    { attempts: 11, delayMs: 1_536_000 },
    { attempts: 12, delayMs: 2_700_000 },
    { attempts: 100_000, delayMs: 2_700_000 },
  ])('postpones the attempt after $attempts earlier ones by $delayMs ms', async ({ attempts, delayMs }) => {
    const { runRound, due, ends } = setUp({ customerIds: ['c-1'], verifyFresh: () => Promise.reject(outage) });
    due.splice(0, 1, { ...(due[0] as Claim), attempts });

    await runRound();

    expect(ends).toEqual([`c-1 postponed by ${delayMs}`]);
  });

  it('claims nothing while the circuit breaker is certain to refuse', async () => {
    const { runRound, queue } = setUp({ mayBeCalled: false });

    expect(await runRound()).toBe('skipped');
    expect(queue.claim).not.toHaveBeenCalled();
  });

  it('releases all accounts at the first refusal, without counting an attempt', async () => {
    const circuitBreaker = new CircuitBreaker('customer');
    circuitBreaker.transitionToForcedOpenState();
    const { runRound, ends, customers, counted } = setUp({
      customerIds: manyCustomers(10),
      verifyFresh: () => circuitBreaker.execute(() => exists),
      pace: (clock) => new RateLimiter('reconciliation', { limitForPeriod: 1, limitRefreshPeriod: '125ms' }, { clock }),
    });

    expect(await runRound()).toBe('done');

    expect(ends.toSorted()).toEqual(
      manyCustomers(10)
        .map((id) => `${id} released`)
        .toSorted(),
    );
    expect(customers.verifyFresh).toHaveBeenCalledTimes(1);
    expect(counted()).toEqual([]);
  });

  it('starts no further call once the circuit breaker of requests opens', async () => {
    const { runRound, customers, ends } = setUp({
      verifyFresh: async () => {
        customers.mayBeCalled = false;
        return exists;
      },
    });

    expect(await runRound()).toBe('done');

    expect(ends.toSorted()).toEqual(['c-1 ACTIVE', 'c-2 released', 'c-3 released']);
  });

  it.each([
    ['has verified no other since the last failure', { msSinceResult: 60_000 }, 'postponed by 750'],
    ['has verified another since the last failure', { msSinceResult: 59_999 }, 'postponed by 750, counted'],
    ['is suspected by the circuit breaker of requests', { msSinceResult: 0, isSuspect: true }, 'postponed by 750'],
  ])('counts a failure by what customer does for others: it %s', async (_, state, end) => {
    const { runRound, customers, due, ends } = setUp({
      customerIds: ['c-1'],
      verifyFresh: () => Promise.reject(outage),
    });
    Object.assign(customers, state);
    due.splice(0, 1, { ...(due[0] as Claim), failedMsAgo: 60_000 });

    await runRound();

    expect(ends).toEqual([`c-1 ${end}`]);
  });

  it('sets an account aside after the configured number of counted failures', async () => {
    const { runRound, customers, due, ends, counted } = setUp({
      customerIds: ['c-1', 'c-2'],
      verifyFresh: () => Promise.reject(outage),
    });
    customers.msSinceResult = 0;
    const [first, second] = due.splice(0, 2) as [Claim, Claim];
    due.push({ ...first, failedMsAgo: 1_000, failures: 1 }, { ...second, failedMsAgo: 1_000, failures: 2 });

    await runRound();

    expect(ends).toEqual(['c-1 postponed by 750, counted', 'c-2 set aside']);
    expect(counted()).toEqual(['postponed', 'set_aside']);
  });

  it('ends the waits of an outage once, when customer verifies again', async () => {
    const { runRound, clock, customers, queue } = setUp({ verifyFresh: () => Promise.reject(outage) });
    await runRound();
    clock.advance(60_000);
    await runRound();
    expect(queue.endWaits).not.toHaveBeenCalled();

    customers.msSinceResult = 59_999;
    await runRound();
    await runRound();

    expect(queue.endWaits).toHaveBeenCalledExactlyOnceWith({ leaseMs });
  });

  it('ends no wait for a result of customer that is as old as the last failure', async () => {
    const { runRound, clock, customers, queue } = setUp({ verifyFresh: () => Promise.reject(outage) });
    await runRound();
    clock.advance(60_000);

    customers.msSinceResult = 60_000;
    await runRound();

    expect(queue.endWaits).not.toHaveBeenCalled();
  });

  it('ends the waits of each outage, and none after a failure that concerns one account', async () => {
    const { runRound, clock, customers, queue, due } = setUp({
      customerIds: ['c-1'],
      verifyFresh: () => Promise.reject(outage),
    });
    const [failing] = due.splice(0) as [Claim];
    const failAfter = async (ms: number, failedMsAgo: number | undefined) => {
      clock.advance(ms);
      due.push({ ...failing, failedMsAgo });
      await runRound();
    };
    customers.msSinceResult = 0;
    clock.advance(1);
    await runRound();
    expect(queue.endWaits).toHaveBeenCalledTimes(1);

    await failAfter(1_000, 60_000);
    await failAfter(1_000, 60_000);
    expect(queue.endWaits).toHaveBeenCalledTimes(1);

    await failAfter(1_000, undefined);
    await failAfter(1_000, 60_000);
    expect(queue.endWaits).toHaveBeenCalledTimes(2);
  });

  it('releases the accounts that exceed the budget', async () => {
    const { runRound, ends } = setUp({ customerIds: manyCustomers(5), minRetriesPerSecond: 3 });

    expect(await runRound()).toBe('done');

    expect(ends.toSorted()).toEqual(['c-1 ACTIVE', 'c-2 ACTIVE', 'c-3 ACTIVE', 'c-4 released', 'c-5 released']);
  });

  it('claims nothing once the budget is spent', async () => {
    const { runRound, queue } = setUp({ customerIds: manyCustomers(5), minRetriesPerSecond: 3 });
    await runRound();

    expect(await runRound()).toBe('skipped');
    expect(queue.claim).toHaveBeenCalledTimes(1);
  });

  it('starts one call per refresh period when its rate limiter permits one', async () => {
    const { runRound, clock, customers } = setUp({
      customerIds: manyCustomers(10),
      pace: (clock) => new RateLimiter('reconciliation', { limitForPeriod: 1, limitRefreshPeriod: '125ms' }, { clock }),
    });

    const round = runRound();
    const calls: number[] = [];
    for (let tick = 0; tick < 10; tick += 1) {
      await letPromisesSettle();
      calls.push(customers.verifyFresh.mock.calls.length);
      clock.advance(125);
    }
    await round;

    expect(calls).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('limits the calls in flight', async () => {
    const { promise: response, resolve } = Promise.withResolvers<CustomerStatus>();
    const { runRound, customers } = setUp({
      customerIds: manyCustomers(10),
      verifyFresh: () => response,
      pace: () => new Bulkhead('reconciliation', { maxConcurrentCalls: 4, maxWaitDuration: '60s' }),
    });

    const round = runRound();
    await letPromisesSettle();
    const atOnce = customers.verifyFresh.mock.calls.length;
    resolve(exists);
    await round;

    expect(atOnce).toBe(4);
    expect(customers.verifyFresh).toHaveBeenCalledTimes(10);
  });

  it('starts no call in the second half of its lease', async () => {
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
      await letPromisesSettle();
      clock.advance(10_000);
    }
    await round;

    expect(ends).toEqual(['c-1 ACTIVE', 'c-2 ACTIVE', 'c-3 released']);
  });

  it('still starts a call at the very end of the first half of its lease', async () => {
    const { runRound, clock, ends } = setUp({
      customerIds: ['c-1', 'c-2'],
      pace: (clock) =>
        new RateLimiter(
          'reconciliation',
          { limitForPeriod: 1, limitRefreshPeriod: '15s', timeoutDuration: '60s' },
          { clock },
        ),
    });

    const round = runRound();
    await letPromisesSettle();
    clock.advance(leaseMs / 2);
    await round;

    expect(ends).toEqual(['c-1 ACTIVE', 'c-2 ACTIVE']);
  });

  it('completes in-flight calls at shutdown and releases the other accounts at once', async () => {
    const { promise: response, resolve } = Promise.withResolvers<CustomerStatus>();
    const { runRound, shutdown, ends } = setUp({
      verifyFresh: () => response,
      pace: () => new Bulkhead('reconciliation', { maxConcurrentCalls: 1, maxWaitDuration: '60s' }),
    });

    const round = runRound();
    await letPromisesSettle();
    shutdown.abort();
    await letPromisesSettle();
    const atOnce = [...ends];
    resolve(exists);

    expect(await round).toBe('done');
    expect(atOnce.toSorted()).toEqual(['c-2 released', 'c-3 released']);
    expect(ends.at(-1)).toBe('c-1 ACTIVE');
  });

  it('starts no call that gets its permit after the shutdown has begun', async () => {
    const { promise: permit, resolve } = Promise.withResolvers<void>();
    const paced = unpaced();
    const { runRound, shutdown, customers, ends } = setUp({
      customerIds: ['c-1'],
      // Without the signal: the permit and the shutdown come at the same time.
      pace: () => ({ ...paced, execute: (call) => permit.then(() => paced.execute(call)) }),
    });

    const round = runRound();
    await letPromisesSettle();
    shutdown.abort();
    resolve();
    await round;

    expect(ends).toEqual(['c-1 released']);
    expect(customers.verifyFresh).not.toHaveBeenCalled();
  });

  it('does not start during shutdown', async () => {
    const { runRound, shutdown, queue } = setUp();
    shutdown.abort();

    expect(await runRound()).toBe('skipped');
    expect(queue.claim).not.toHaveBeenCalled();
  });

  it('rejects with the error of the database, once no call is in flight', async () => {
    const { promise: response, resolve } = Promise.withResolvers<CustomerStatus>();
    const { runRound, queue, ends } = setUp({ verifyFresh: async (id) => (id === 'c-2' ? response : exists) });
    const unavailable = new Error('The database is unavailable.');
    vi.spyOn(queue, 'settle').mockRejectedValueOnce(unavailable);
    const onEnd = vi.fn<(reason: unknown) => void>();

    const ended = runRound().catch(onEnd);
    await letPromisesSettle();
    expect(onEnd).not.toHaveBeenCalled();
    resolve(exists);
    await ended;

    expect(onEnd).toHaveBeenCalledExactlyOnceWith(unavailable);
    expect(ends.toSorted()).toEqual(['c-2 ACTIVE', 'c-3 ACTIVE']);
  });

  it('does not count an account that another replica has settled', async () => {
    const { runRound, queue, counted } = setUp();
    vi.spyOn(queue, 'settle').mockResolvedValue(undefined);

    await runRound();

    expect(counted()).toEqual([]);
  });
});
