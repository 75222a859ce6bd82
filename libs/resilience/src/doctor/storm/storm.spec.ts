import { describe, expect, it } from 'vitest';
import { retryBudgetOptions } from '../../core/retry/retry-budget.options.ts';
import { describeInstance, type Instance } from '../instance.ts';
import { type Storm, simulateStorm } from './storm.ts';
import { defaultModel, type StormModel } from './storm-model.ts';

/** 20 workers of 50 ms with a FIFO queue: 400 calls a second. */
const server: StormModel = { ...defaultModel, workers: 20, serviceTimeMs: 50, serviceTime: 'fixed' };
const spike = { kind: 'load', size: 4, durationMs: 5_000 } as const;

const withoutBudget = describeInstance('customer', {
  timeLimiter: { timeoutDuration: '1s' },
  retry: { maxAttempts: 3, waitDuration: '10ms' },
});
const withBudget: Instance = {
  ...withoutBudget,
  retry: { ...withoutBudget.retry!, retryBudget: 'customer' },
  retryBudget: retryBudgetOptions.resolve('budget', { retryRatio: 0.1, minRetriesPerSecond: 0 }),
};

const attemptsIn = ({ course: { attempts } }: Storm, second: number) => attempts[second];

// Real policies and tens of thousands of calls take their time on a busy machine.
describe('simulateStorm', { timeout: 60_000 }, () => {
  it('stays down without a retry budget: no call is verified, at three times the attempts', async () => {
    const storm = await simulateStorm(
      withoutBudget,
      { ...server, horizonMs: 70_000 },
      { load: 200, trigger: spike },
      true,
    );

    expect(storm.verdict).toEqual({ kind: 'staysDown' });
    expect(storm.goodputBefore).toBe(1);
    expect(storm.course.verified.slice(20, 75).every((verified) => verified === 0)).toBe(true);
    expect(attemptsIn(storm, 60)).toBe(600);
    expect(storm.amplification).toBe(3);
  });

  it('recovers after about 12 seconds with a retry budget of 0.1', async () => {
    const storm = await simulateStorm(withBudget, server, { load: 200, trigger: spike }, true);

    expect(storm.verdict).toMatchObject({ kind: 'recovers', isExtrapolated: false });
    expect(storm.verdict).toHaveProperty('afterSeconds', expect.closeTo(12, -0.5));
    expect(attemptsIn(storm, 60)).toBe(200);
  });

  it.each([
    { name: 'stays down without a retry budget', budget: undefined, kind: 'staysDown' },
    { name: 'recovers with one', budget: { retryRatio: 0.2, minRetriesPerSecond: 10 }, kind: 'recovers' },
  ])('predicts of two accounts and two customers of four workers that it $name', async ({ budget, kind }) => {
    const account = describeInstance('customer', {
      timeLimiter: { timeoutDuration: '1s' },
      retry: { maxAttempts: 3, waitDuration: '100ms' },
      circuitBreaker: { slidingWindowSize: 10_000, minimumNumberOfCalls: 10_000 },
      bulkhead: { maxConcurrentCalls: 5_000 },
    });
    const instance: Instance =
      budget === undefined
        ? account
        : {
            ...account,
            retry: { ...account.retry!, retryBudget: 'customer' },
            retryBudget: retryBudgetOptions.resolve('budget', budget),
          };
    const customers = { ...server, replicas: 2, workers: 4, serviceTimeMs: 60, queue: 5_000, clients: 2 };

    const storm = await simulateStorm(instance, customers, { load: 60, trigger: { ...spike, size: 5 } });

    expect(storm.verdict.kind).toBe(kind);
  });

  it('leaves the stack traces of other code as they are, also while it runs', async () => {
    const { stackTraceLimit } = Error;
    const point = { load: 20, trigger: spike };

    const storms = Promise.all([simulateStorm(withBudget, server, point), simulateStorm(withBudget, server, point)]);
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
    await storms;

    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });

  it('gives the same result for the same seed, and another one for another', async () => {
    const model = { ...server, serviceTime: 'exponential', seed: 7 } as const;
    const point = { load: 200, trigger: spike };
    const first = await simulateStorm(withBudget, model, point);
    const again = await simulateStorm(withBudget, model, point);
    const other = await simulateStorm(withBudget, { ...model, seed: 8 }, point);

    expect(again).toEqual(first);
    expect(other.course).not.toEqual(first.course);
  });

  it.each([
    { name: 'a lost capacity', trigger: { kind: 'capacity', size: 4, durationMs: 10_000 } },
    { name: 'a slow dependency', trigger: { kind: 'slow', size: 4, durationMs: 10_000 } },
    { name: 'errors', trigger: { kind: 'errors', size: 10, durationMs: 10_000 } },
  ] as const)(
    'stays down after $name at 300 calls a second with three attempts, and recovers with one',
    async ({ trigger }) => {
      const single: Instance = { ...withoutBudget, retry: { ...withoutBudget.retry!, maxAttempts: 1 } };

      const locked = await simulateStorm(withoutBudget, server, { load: 300, trigger });
      const free = await simulateStorm(single, server, { load: 300, trigger });

      expect(locked.verdict.kind).toBe('staysDown');
      expect(free.verdict.kind).toBe('recovers');
    },
  );

  it('gives each client policies of its own', async () => {
    const limited = describeInstance('customer', { bulkhead: { maxConcurrentCalls: 5 } });
    const point = { load: 150, trigger: { kind: 'slow', size: 1, durationMs: 1_000 } } as const;

    const one = await simulateStorm(limited, server, point);
    const two = await simulateStorm(limited, { ...server, clients: 2 }, point);

    expect(one.verdict.kind).toBe('overloaded');
    expect(two.verdict.kind).toBe('unharmed');
  });

  it('calls failed ones again later if there is a reconciler', async () => {
    const point = { load: 200, trigger: spike };
    const without = await simulateStorm(withBudget, server, point, true);
    const reconciled = await simulateStorm(withBudget, { ...server, reconcilerPerSecond: 50 }, point, true);

    expect(attemptsIn(without, 40)).toBe(200);
    expect(attemptsIn(reconciled, 40)).toBe(250);
  });

  it('tries another replica if the balancer may repeat', async () => {
    const plain = describeInstance('customer', { timeLimiter: { timeoutDuration: '1s' } });
    const model = { ...server, replicas: 2, workers: 10, balancerAttempts: 2 };
    const point = { load: 200, trigger: { kind: 'errors', size: 2, durationMs: 5_000 } } as const;

    const storm = await simulateStorm(plain, model, point);

    // Half of 200 calls fail and are made once more.
    expect(attemptsIn(storm, 7)).toBeGreaterThan(270);
    expect(attemptsIn(storm, 7)).toBeLessThan(330);
  });
});
