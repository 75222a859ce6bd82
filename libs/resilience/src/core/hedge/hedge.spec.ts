import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { policyContract } from '../../testing/policy-contract.ts';
import { Deadline } from '../deadline.ts';
import { InvalidOptionsError } from '../errors.ts';
import { createRegistry } from '../policies.ts';
import type { CallContext } from '../policy.ts';
import { HedgeDecidedError } from './hedge.errors.ts';
import type { AnyHedgeEvent } from './hedge.events.ts';
import { type HedgeOptions, hedgeOptions } from './hedge.options.ts';
import { Hedge, type HedgeBudget } from './hedge.ts';
import { mergeOptions } from '../options.ts';

const outage = new Error('outage');

/** Attempts that end when the test wants it. */
function setUp(options: HedgeOptions = {}, environment: { budget?: HedgeBudget } = {}) {
  const clock = new FakeClock();
  const { budget } = environment;
  const retryBudgets = budget && { getOrCreate: () => budget };
  const hedge = new Hedge('customer', { delay: 100, ...options }, { clock, ...(retryBudgets && { retryBudgets }) });
  const told: AnyHedgeEvent[] = [];
  hedge.onEvent((event) => told.push(event));
  const attempts: (PromiseWithResolvers<string> & { readonly context: CallContext })[] = [];
  const call = (context: CallContext) => {
    const attempt = { ...Promise.withResolvers<string>(), context };
    attempts.push(attempt);
    return attempt.promise;
  };
  return { clock, hedge, told, attempts, call };
}

describe('A hedge', () => {
  it('makes one attempt when the answer comes in time, and leaves no timer', async () => {
    const { clock, hedge, told, attempts, call } = setUp();
    const answer = hedge.execute(call);
    clock.advance(99);

    attempts[0]!.resolve('first');

    await expect(answer).resolves.toBe('first');
    expect(attempts).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
    expect(told).toStrictEqual([
      {
        type: 'SUCCESS',
        hedgeName: 'customer',
        creationTime: clock.now(),
        attempt: 1,
        numberOfAttempts: 1,
        elapsedDurationMs: 99,
      },
    ]);
    expect(hedge.metrics).toMatchObject({ numberOfPrimarySuccesses: 1, numberOfHedgedAttempts: 0, delayMs: 100 });
  });

  it('makes a second attempt after the delay, takes its answer and aborts the first', async () => {
    const { clock, hedge, told, attempts, call } = setUp();
    const answer = hedge.execute(call);
    clock.advance(100);
    expect(attempts).toHaveLength(2);
    clock.advance(20);

    attempts[1]!.resolve('second');

    await expect(answer).resolves.toBe('second');
    expect(attempts[0]!.context.signal.reason).toBeInstanceOf(HedgeDecidedError);
    expect(attempts[1]!.context.signal.aborted).toBe(false);
    expect(clock.pendingTimers).toBe(0);
    expect(told).toMatchObject([
      { type: 'HEDGE', attempt: 2, delayMs: 100 },
      { type: 'SUCCESS', attempt: 2, numberOfAttempts: 2, elapsedDurationMs: 120 },
    ]);
    expect(hedge.metrics).toMatchObject({ numberOfHedgeSuccesses: 1, numberOfHedgedAttempts: 1 });
  });

  it('takes the answer of the first attempt when that comes first after all', async () => {
    const { clock, hedge, attempts, call } = setUp();
    const answer = hedge.execute(call);
    clock.advance(100);

    attempts[0]!.resolve('first');

    await expect(answer).resolves.toBe('first');
    expect(attempts[1]!.context.signal.aborted).toBe(true);
    expect(attempts[0]!.context.signal.aborted).toBe(false);
  });

  it('makes no more attempts than it may, one after each delay', async () => {
    const { clock, hedge, attempts, call } = setUp({ maxHedgedAttempts: 2 });
    const answer = hedge.execute(call);

    clock.advance(100);
    expect(attempts).toHaveLength(2);
    clock.advance(100);
    expect(attempts).toHaveLength(3);
    clock.advance(10_000);

    expect(attempts).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
    attempts[2]!.resolve('third');
    await expect(answer).resolves.toBe('third');
  });

  it('swallows what the losers still come to', async () => {
    const { clock, hedge, told, attempts, call } = setUp();
    const answer = hedge.execute(call);
    clock.advance(100);
    attempts[1]!.resolve('second');
    await answer;

    attempts[0]!.reject(outage);
    await new Promise((resolve) => setImmediate(resolve));

    expect(told.map(({ type }) => type)).toStrictEqual(['HEDGE', 'SUCCESS']);
    expect(hedge.metrics.numberOfFailures).toBe(0);
  });

  it('leaves a failure before the delay to others: it ends the call, and nothing more is attempted', async () => {
    const { clock, hedge, told, attempts, call } = setUp();
    const answer = hedge.execute(call);

    attempts[0]!.reject(outage);

    await expect(answer).rejects.toBe(outage);
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1_000);
    expect(attempts).toHaveLength(1);
    expect(told).toMatchObject([{ type: 'ERROR', numberOfAttempts: 1, error: outage }]);
    expect(hedge.metrics.numberOfFailures).toBe(1);
  });

  it('fails like an attempt that throws at once', async () => {
    const { clock, hedge } = setUp();

    const answer = hedge.execute(() => {
      throw outage;
    });

    await expect(answer).rejects.toBe(outage);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on with the attempts under way when one fails', async () => {
    const { clock, hedge, attempts, call } = setUp();
    const answer = hedge.execute(call);
    clock.advance(100);

    attempts[0]!.reject(outage);
    await Promise.resolve();
    attempts[1]!.resolve('second');

    await expect(answer).resolves.toBe('second');
  });

  it('throws the error that came first when all fail', async () => {
    const { clock, hedge, told, attempts, call } = setUp();
    const answer = hedge.execute(call);
    clock.advance(100);

    attempts[1]!.reject(outage);
    await Promise.resolve();
    attempts[0]!.reject(new Error('another'));

    await expect(answer).rejects.toBe(outage);
    expect(told.at(-1)).toMatchObject({ type: 'ERROR', numberOfAttempts: 2, error: outage });
  });

  it('ends at once when the caller aborts, aborts all attempts with the same reason, and tells nothing of it', async () => {
    const { clock, hedge, told, attempts, call } = setUp({ maxHedgedAttempts: 2 });
    const controller = new AbortController();
    const answer = hedge.execute(call, { signal: controller.signal });
    clock.advance(100);
    const reason = new Error('the client has gone');

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(attempts.map(({ context }) => context.signal.reason as unknown)).toStrictEqual([reason, reason]);
    expect(clock.pendingTimers).toBe(0);
    expect(told.map(({ type }) => type)).toStrictEqual(['HEDGE']);
  });

  it('makes no attempt for a caller that has given up already', async () => {
    const { hedge, attempts, call } = setUp();

    await expect(hedge.execute(call, { signal: AbortSignal.abort(outage) })).rejects.toBe(outage);

    expect(attempts).toHaveLength(0);
  });

  it('holds no timer for a caller that is aborted by the attempt itself', async () => {
    const { clock, hedge } = setUp();
    const controller = new AbortController();

    const answer = hedge.execute(() => controller.abort(outage), { signal: controller.signal });

    await expect(answer).rejects.toBe(outage);
    expect(clock.pendingTimers).toBe(0);
  });

  it('makes no attempt for a caller that a listener aborted', async () => {
    const { clock, hedge, attempts, call } = setUp();
    const controller = new AbortController();
    hedge.on('HEDGE', () => controller.abort(outage));
    const answer = hedge.execute(call, { signal: controller.signal });
    answer.catch(() => {});

    clock.advance(100);

    expect(attempts).toHaveLength(1);
    await expect(answer).rejects.toBe(outage);
  });

  it('lets the caller abort what the winner still reads', async () => {
    const { hedge, attempts, call } = setUp();
    const controller = new AbortController();
    const answer = hedge.execute(call, { signal: controller.signal });
    attempts[0]!.resolve('an answer with a body');
    await answer;

    controller.abort(outage);

    expect(attempts[0]!.context.signal.reason).toBe(outage);
  });

  it('hands the number of the attempt and the deadline on', async () => {
    const { clock, hedge, attempts, call } = setUp();
    const deadline = Deadline.after('1s', clock);
    const answer = hedge.execute(call, { attempt: 3, deadline });
    clock.advance(100);
    attempts[0]!.resolve('first');
    await answer;

    expect(attempts.map(({ context }) => context.attempt)).toStrictEqual([3, 3]);
    expect(attempts.map(({ context }) => context.deadline)).toStrictEqual([deadline, deadline]);
  });

  it('hedges no call when it may make no further attempt', async () => {
    const { clock, hedge, call } = setUp({ maxHedgedAttempts: 0 });

    hedge.execute(call).catch(() => {});

    expect(clock.pendingTimers).toBe(0);
    expect(hedge.metrics.delayMs).toBeUndefined();
  });

  it('hands on this and the arguments of a decorated function', async () => {
    const { hedge } = setUp();
    const service = {
      prefix: 'customer',
      find: hedge.decorate(function (this: { prefix: string }, id: number) {
        return `${this.prefix}-${id}`;
      }),
    };

    await expect(service.find(7)).resolves.toBe('customer-7');
  });
});

describe('A hedge keeps the contract of every policy:', () => {
  it.each(policyContract)('$title', async ({ run }) => {
    await expect(run(({ clock }) => new Hedge('customer', { delay: '1s' }, { clock }))).resolves.toBeUndefined();
  });
});

describe('A hedge that follows a percentile', () => {
  const options: HedgeOptions = { delayPercentile: 95, minimumNumberOfCalls: 20, slidingWindowSize: 100 };

  async function answerAfter(subject: ReturnType<typeof percentileSetUp>, latencyMs: number) {
    const answer = subject.hedge.execute(subject.call);
    subject.clock.advance(latencyMs);
    subject.attempts.at(-1)!.resolve('answer');
    await answer;
  }

  function percentileSetUp() {
    const clock = new FakeClock();
    const hedge = new Hedge('customer', options, { clock });
    const attempts: PromiseWithResolvers<string>[] = [];
    const call = () => {
      const attempt = Promise.withResolvers<string>();
      attempts.push(attempt);
      return attempt.promise;
    };
    return { clock, hedge, attempts, call };
  }

  it('hedges nothing before it knows enough latencies', async () => {
    const subject = percentileSetUp();

    for (let call = 1; call < 20; call++) await answerAfter(subject, 50);

    expect(subject.hedge.metrics.delayMs).toBeUndefined();
    expect(subject.attempts).toHaveLength(19);
    await answerAfter(subject, 50);
    expect(subject.hedge.metrics.delayMs! / 50).toBeCloseTo(1, 1);
  });

  it('learns nothing from failures', async () => {
    const subject = percentileSetUp();

    for (let call = 1; call <= 30; call++) await subject.hedge.execute(() => Promise.reject(outage)).catch(() => {});

    expect(subject.hedge.metrics.delayMs).toBeUndefined();
  });

  it('learns nothing from a first attempt that failed before another answered', async () => {
    const { clock, attempts, call } = setUp();
    const learning = new Hedge('customer', { ...options, minimumNumberOfCalls: 1 }, { clock });
    await learning.execute(() => 'at once');
    const delayMs = learning.metrics.delayMs!;

    const answer = learning.execute(call);
    clock.advance(50);
    attempts[0]!.reject(outage);
    await Promise.resolve();
    clock.advance(5_000);
    attempts[1]!.resolve('second');
    await answer;

    expect(learning.metrics.delayMs).toBe(delayMs);
  });

  it('hedges the share of calls that it was told, however long it runs, although the slow ones are cut off', async () => {
    const clock = new FakeClock();
    const given = { delayPercentile: 85, minimumNumberOfCalls: 100, slidingWindowSize: 1_000 };
    const hedge = new Hedge('customer', given, { clock });
    let seed = 42;
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    // One in ten is so slow that it is always overtaken; if it left no trace, ever more of the others would seem slow.
    const latencyMs = () => (random() < 0.1 ? 1_000 : 20 + 40 * random());
    const call = () => new Promise<void>((resolve) => clock.schedule(latencyMs(), resolve));
    const calls = 4_000;

    for (let made = 0; made < calls; made++) {
      const answer = hedge.execute(call);
      const state = { isAnswered: false };
      answer.then(() => (state.isAnswered = true)).catch(() => {});
      while (!state.isAnswered) {
        clock.advance(1);
        await Promise.resolve();
        await Promise.resolve();
        await Promise.resolve();
      }
    }

    const share = hedge.metrics.numberOfHedgedAttempts / calls;
    expect(share).toBeGreaterThan(0.12);
    expect(share).toBeLessThan(0.18);
  });
});

describe('A hedge with a retry budget', () => {
  const budgetOf = (retries: number) => {
    let left = retries;
    return { name: 'shared', deposit: vi.fn<() => void>(), tryWithdraw: () => left-- > 0 };
  };

  it('draws each hedged attempt on it, and goes on without when it is exhausted', async () => {
    const { clock, hedge, told, attempts, call } = setUp(
      { maxHedgedAttempts: 2, retryBudget: 'shared' },
      { budget: budgetOf(1) },
    );
    const answer = hedge.execute(call);

    clock.advance(200);

    expect(attempts).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
    expect(told).toMatchObject([
      { type: 'HEDGE' },
      { type: 'RETRY_BUDGET_EXHAUSTED', hedgeName: 'customer', retryBudgetName: 'shared' },
    ]);
    attempts[0]!.resolve('first');
    await expect(answer).resolves.toBe('first');
  });

  it('takes the repetition by a retry for no new call', async () => {
    const budget = budgetOf(0);
    const { hedge } = setUp({ retryBudget: 'shared' }, { budget });

    await hedge.execute(() => 'answer');
    await hedge.execute(() => 'answer', { attempt: 2 });

    expect(budget.deposit).toHaveBeenCalledOnce();
  });

  it('refuses the name of a budget that it cannot find', () => {
    expect(() => new Hedge('customer', { retryBudget: 'shared' })).toThrow(InvalidOptionsError);
  });
});

describe('The options of a hedge', () => {
  it('have defaults', () => {
    expect(hedgeOptions.resolve('Hedge', {})).toStrictEqual({
      delay: 2_000,
      delayPercentile: undefined,
      minimumNumberOfCalls: 100,
      slidingWindowSize: 1_000,
      maxHedgedAttempts: 1,
      retryBudget: undefined,
      eventConsumerBufferSize: 0,
    });
  });

  it('allow one way to say when to hedge, and only a percentile that can be known', () => {
    const given = { delay: 100, delayPercentile: 95, minimumNumberOfCalls: 50, slidingWindowSize: 20 };

    expect(() => hedgeOptions.resolve('Hedge', given)).toThrow(
      /set together with delay.*\n.*at most slidingWindowSize/,
    );
  });

  it('let an instance replace the delay of its base by a percentile', () => {
    expect(
      mergeOptions(hedgeOptions.rules, { delay: 100, maxHedgedAttempts: 2 }, { delayPercentile: 99 }),
    ).toStrictEqual({
      delayPercentile: 99,
      maxHedgedAttempts: 2,
    });
  });

  it('are found in a registry', () => {
    const registry = createRegistry('hedge', { instances: { customer: { delay: '50ms' } } });

    expect(registry.getOrCreate('customer').config.delay).toBe(50);
    expect(registry.getOrCreate('customer')).toBe(registry.find('customer'));
    expect(() => createRegistry('hedge', { instances: { customer: { maxHedgedAttempts: -1 } } })).toThrow(
      /instances\.customer\.maxHedgedAttempts/,
    );
  });
});
