import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { policyContract } from '../../testing/policy-contract.ts';
import { UsedEndpoints } from '../call-endpoints.ts';
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

/** A hedge and a call whose attempts the test ends. */
function setUp(options: HedgeOptions = {}, environment: { budget?: HedgeBudget } = {}) {
  const clock = new FakeClock();
  const { budget } = environment;
  const retryBudgets = budget && { getOrCreate: () => budget };
  const hedge = new Hedge('customer', { delay: 100, ...options }, { clock, ...(retryBudgets && { retryBudgets }) });
  const events: AnyHedgeEvent[] = [];
  hedge.onEvent((event) => events.push(event));
  const attempts: (PromiseWithResolvers<string> & { readonly context: CallContext })[] = [];
  const call = (context: CallContext) => {
    const attempt = { ...Promise.withResolvers<string>(), context };
    attempts.push(attempt);
    return attempt.promise;
  };
  return { clock, hedge, events, attempts, call };
}

describe('Hedge.execute', () => {
  it('makes one attempt when it ends within the delay, and leaves no timer', async () => {
    const { clock, hedge, events, attempts, call } = setUp();
    const result = hedge.execute(call);
    clock.advance(99);

    attempts[0]!.resolve('first');

    await expect(result).resolves.toBe('first');
    expect(attempts).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
    expect(events).toStrictEqual([
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

  it('makes a second attempt after the delay, returns its result and aborts the first', async () => {
    const { clock, hedge, events, attempts, call } = setUp();
    const result = hedge.execute(call);
    clock.advance(100);
    expect(attempts).toHaveLength(2);
    clock.advance(20);

    attempts[1]!.resolve('second');

    await expect(result).resolves.toBe('second');
    expect(attempts[0]!.context.signal.reason).toBeInstanceOf(HedgeDecidedError);
    expect(attempts[0]!.context.signal.reason).toMatchObject({
      code: 'HEDGE_DECIDED',
      hedgeName: 'customer',
      message: "Hedge 'customer' aborted this attempt because another one succeeded first.",
    });
    expect(attempts[1]!.context.signal.aborted).toBe(false);
    expect(clock.pendingTimers).toBe(0);
    expect(events).toMatchObject([
      { type: 'HEDGE', attempt: 2, delayMs: 100 },
      { type: 'SUCCESS', attempt: 2, numberOfAttempts: 2, elapsedDurationMs: 120 },
    ]);
    expect(hedge.metrics).toMatchObject({ numberOfHedgeSuccesses: 1, numberOfHedgedAttempts: 1 });
  });

  it('returns the result of the first attempt when it succeeds before the second', async () => {
    const { clock, hedge, attempts, call } = setUp();
    const result = hedge.execute(call);
    clock.advance(100);

    attempts[0]!.resolve('first');

    await expect(result).resolves.toBe('first');
    expect(attempts[1]!.context.signal.aborted).toBe(true);
    expect(attempts[0]!.context.signal.aborted).toBe(false);
  });

  it('makes one further attempt after each delay, up to maxHedgedAttempts', async () => {
    const { clock, hedge, attempts, call } = setUp({ maxHedgedAttempts: 2 });
    const result = hedge.execute(call);

    clock.advance(100);
    expect(attempts).toHaveLength(2);
    clock.advance(100);
    expect(attempts).toHaveLength(3);
    clock.advance(10_000);

    expect(attempts).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
    attempts[2]!.resolve('third');
    await expect(result).resolves.toBe('third');
  });

  it('ignores the errors of attempts that end after the call succeeded', async () => {
    const { clock, hedge, events, attempts, call } = setUp();
    const result = hedge.execute(call);
    clock.advance(100);
    attempts[1]!.resolve('second');
    await result;

    attempts[0]!.reject(outage);
    await new Promise((resolve) => setImmediate(resolve));

    expect(events.map(({ type }) => type)).toStrictEqual(['HEDGE', 'SUCCESS']);
    expect(hedge.metrics.numberOfFailures).toBe(0);
  });

  it('fails without a further attempt when the first attempt fails before the delay', async () => {
    const { clock, hedge, events, attempts, call } = setUp();
    const result = hedge.execute(call);

    attempts[0]!.reject(outage);

    await expect(result).rejects.toBe(outage);
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1_000);
    expect(attempts).toHaveLength(1);
    expect(events).toMatchObject([{ type: 'ERROR', numberOfAttempts: 1, error: outage }]);
    expect(hedge.metrics.numberOfFailures).toBe(1);
  });

  it('fails when the call throws synchronously, and leaves no timer', async () => {
    const { clock, hedge } = setUp();

    const result = hedge.execute(() => {
      throw outage;
    });

    await expect(result).rejects.toBe(outage);
    expect(clock.pendingTimers).toBe(0);
  });

  it('returns the result of an in-flight attempt when another one fails', async () => {
    const { clock, hedge, attempts, call } = setUp();
    const result = hedge.execute(call);
    clock.advance(100);

    attempts[0]!.reject(outage);
    await Promise.resolve();
    attempts[1]!.resolve('second');

    await expect(result).resolves.toBe('second');
  });

  it('throws the error of the attempt that failed first when all fail', async () => {
    const { clock, hedge, events, attempts, call } = setUp();
    const result = hedge.execute(call);
    clock.advance(100);

    attempts[1]!.reject(outage);
    await Promise.resolve();
    clock.advance(50);
    attempts[0]!.reject(new Error('another'));

    await expect(result).rejects.toBe(outage);
    expect(events.at(-1)).toMatchObject({
      type: 'ERROR',
      numberOfAttempts: 2,
      elapsedDurationMs: 150,
      error: outage,
    });
  });

  it('rejects at once when the caller aborts, aborts all attempts with the reason and emits no further event', async () => {
    const { clock, hedge, events, attempts, call } = setUp({ maxHedgedAttempts: 2 });
    const controller = new AbortController();
    const result = hedge.execute(call, { signal: controller.signal });
    clock.advance(100);
    const reason = new Error('the client disconnected');

    controller.abort(reason);

    await expect(result).rejects.toBe(reason);
    expect(attempts.map(({ context }) => context.signal.reason as unknown)).toStrictEqual([reason, reason]);
    expect(clock.pendingTimers).toBe(0);
    for (const attempt of attempts) attempt.reject(reason);
    await new Promise((resolve) => setImmediate(resolve));
    expect(events.map(({ type }) => type)).toStrictEqual(['HEDGE']);
    expect(hedge.metrics.numberOfFailures).toBe(0);
  });

  it('makes no attempt when the caller has already aborted', async () => {
    const { hedge, attempts, call } = setUp();

    await expect(hedge.execute(call, { signal: AbortSignal.abort(outage) })).rejects.toBe(outage);

    expect(attempts).toHaveLength(0);
  });

  it('leaves no timer when the first attempt itself aborts the caller', async () => {
    const { clock, hedge } = setUp();
    const controller = new AbortController();

    const result = hedge.execute(() => controller.abort(outage), { signal: controller.signal });

    await expect(result).rejects.toBe(outage);
    expect(clock.pendingTimers).toBe(0);
  });

  it('makes no further attempt when a listener of HEDGE aborts the caller', async () => {
    const { clock, hedge, attempts, call } = setUp();
    const controller = new AbortController();
    hedge.on('HEDGE', () => controller.abort(outage));
    const result = hedge.execute(call, { signal: controller.signal });
    result.catch(() => {});

    clock.advance(100);

    expect(attempts).toHaveLength(1);
    await expect(result).rejects.toBe(outage);
  });

  it('lets the caller abort the signal of the successful attempt after the call has settled', async () => {
    const { hedge, attempts, call } = setUp();
    const controller = new AbortController();
    const result = hedge.execute(call, { signal: controller.signal });
    attempts[0]!.resolve('a response with a body');
    await result;

    controller.abort(outage);

    expect(attempts[0]!.context.signal.reason).toBe(outage);
  });

  it('passes the attempt number and the deadline of the caller to all attempts', async () => {
    const { clock, hedge, attempts, call } = setUp();
    const deadline = Deadline.after('1s', clock);
    const result = hedge.execute(call, { attempt: 3, deadline });
    clock.advance(100);
    attempts[0]!.resolve('first');
    await result;

    expect(attempts.map(({ context }) => context.attempt)).toStrictEqual([3, 3]);
    expect(attempts.map(({ context }) => context.deadline)).toStrictEqual([deadline, deadline]);
  });

  it.each([
    ['records those of all attempts', undefined],
    ['continues the record of an outer retry', new UsedEndpoints(true)],
    ['starts a record apart from that of other calls', new UsedEndpoints(false)],
  ])('%s which endpoints were used', async (_what, usedEndpoints) => {
    const { clock, hedge, attempts, call } = setUp();
    const result = hedge.execute(call, { ...(usedEndpoints && { usedEndpoints }) });
    clock.advance(100);
    attempts[0]!.resolve('first');
    await result;

    const [first, second] = attempts.map(({ context }) => context.usedEndpoints);
    expect(first).toBe(second);
    expect(first?.areOfOneCall).toBe(true);
    expect(first === usedEndpoints).toBe(usedEndpoints?.areOfOneCall === true);
  });

  it('hedges no call when maxHedgedAttempts is 0', async () => {
    const { clock, hedge, call } = setUp({ maxHedgedAttempts: 0 });

    hedge.execute(call).catch(() => {});

    expect(clock.pendingTimers).toBe(0);
    expect(hedge.metrics.delayMs).toBeUndefined();
  });

  it('keeps `this` and the arguments of a decorated function', async () => {
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

describe('A hedge with delayPercentile', () => {
  const options: HedgeOptions = { delayPercentile: 95, minimumNumberOfCalls: 20, slidingWindowSize: 100 };

  async function succeedAfter(
    subject: Pick<ReturnType<typeof setUp>, 'clock' | 'hedge'> & {
      readonly call: (context: CallContext) => Promise<string>;
      readonly attempts: readonly PromiseWithResolvers<string>[];
    },
    latencyMs: number,
  ) {
    const result = subject.hedge.execute(subject.call);
    subject.clock.advance(latencyMs);
    subject.attempts.at(-1)!.resolve('response');
    await result;
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

  it('hedges no call before minimumNumberOfCalls latencies are recorded', async () => {
    const subject = percentileSetUp();

    for (let call = 1; call < 20; call++) await succeedAfter(subject, 50);

    expect(subject.hedge.metrics.delayMs).toBeUndefined();
    expect(subject.attempts).toHaveLength(19);
    await succeedAfter(subject, 50);
    expect(subject.hedge.metrics.delayMs! / 50).toBeCloseTo(1, 1);
  });

  it('does not record the latencies of failed calls', async () => {
    const subject = percentileSetUp();

    for (let call = 1; call <= 30; call++) await subject.hedge.execute(() => Promise.reject(outage)).catch(() => {});

    expect(subject.hedge.metrics.delayMs).toBeUndefined();
  });

  it.each([
    ['does not record the latency of a first attempt that failed', 0, 100],
    ['records the latency of a first attempt that succeeded after another one failed', 1, 5_150],
  ])('%s', async (_what, failed, slowestMs) => {
    const { clock, attempts, call } = setUp();
    const hedge = new Hedge('customer', { delayPercentile: 1, minimumNumberOfCalls: 1 }, { clock });
    const first = hedge.execute(call);
    clock.advance(100);
    attempts.pop()!.resolve('response');
    await first;

    const result = hedge.execute(call);
    clock.advance(150);
    attempts[failed]!.reject(outage);
    await Promise.resolve();
    clock.advance(5_000);
    attempts[1 - failed]!.resolve('response');
    await result;

    // The only latency, or the lower of two.
    expect(hedge.metrics.delayMs! / 100).toBeCloseTo(1, 1);
    hedge.reconfigure({ delayPercentile: 100, minimumNumberOfCalls: 1 });
    expect(hedge.metrics.delayMs! / slowestMs).toBeCloseTo(1, 1);
  });

  it.each<[HedgeOptions, boolean]>([
    [{ delayPercentile: 90, slidingWindowSize: 100 }, true],
    [{ delayPercentile: 95, slidingWindowSize: 50 }, false],
  ])('reconfigured to %j keeps its latencies: %s', async (given, isKept) => {
    const subject = percentileSetUp();
    await succeedAfter(subject, 50);

    subject.hedge.reconfigure({ minimumNumberOfCalls: 1, ...given });

    expect(subject.hedge.config.delayPercentile).toBe(given.delayPercentile);
    expect(subject.hedge.metrics.delayMs !== undefined).toBe(isKept);
  });

  it('starts without latencies when its delay was fixed before', async () => {
    const { clock, hedge, attempts, call } = setUp();
    const subject = { clock, hedge, attempts, call };
    expect(hedge.metrics.delayMs).toBe(100);

    hedge.reconfigure({ delayPercentile: 95, minimumNumberOfCalls: 1 });
    expect(hedge.metrics.delayMs).toBeUndefined();
    await succeedAfter(subject, 50);
    expect(hedge.metrics.delayMs! / 50).toBeCloseTo(1, 1);
    hedge.reconfigure({ delay: 70 });

    expect(hedge.metrics.delayMs).toBe(70);
  });

  it('hedges the configured share of calls over thousands of calls although slow attempts are aborted', async () => {
    const clock = new FakeClock();
    const given = { delayPercentile: 85, minimumNumberOfCalls: 100, slidingWindowSize: 1_000 };
    const hedge = new Hedge('customer', given, { clock });
    let seed = 42;
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    // One call in ten is so slow that the hedged attempt always wins. If such calls were not recorded, the percentile
    // would fall and the share of hedged calls would grow.
    const latencyMs = () => (random() < 0.1 ? 1_000 : 20 + 40 * random());
    const call = () => new Promise<void>((resolve) => clock.schedule(latencyMs(), resolve));
    const calls = 4_000;

    for (let made = 0; made < calls; made++) {
      const result = hedge.execute(call);
      const state = { isSettled: false };
      result.then(() => (state.isSettled = true)).catch(() => {});
      while (!state.isSettled) {
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
    let remaining = retries;
    return { name: 'shared', deposit: vi.fn<() => void>(), tryWithdraw: () => remaining-- > 0 };
  };

  it('withdraws each hedged attempt from the budget and makes no further one when it is exhausted', async () => {
    const { clock, hedge, events, attempts, call } = setUp(
      { maxHedgedAttempts: 2, retryBudget: 'shared' },
      { budget: budgetOf(1) },
    );
    const result = hedge.execute(call);

    clock.advance(200);

    expect(attempts).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
    expect(events).toMatchObject([
      { type: 'HEDGE' },
      { type: 'RETRY_BUDGET_EXHAUSTED', hedgeName: 'customer', retryBudgetName: 'shared' },
    ]);
    attempts[0]!.resolve('first');
    await expect(result).resolves.toBe('first');
  });

  it('deposits nothing for a call that an outer retry repeats', async () => {
    const budget = budgetOf(0);
    const { hedge } = setUp({ retryBudget: 'shared' }, { budget });

    await hedge.execute(() => 'response', { attempt: 2 });
    expect(budget.deposit).not.toHaveBeenCalled();
    await hedge.execute(() => 'response');
    await hedge.execute(() => 'response', { attempt: 1 });

    expect(budget.deposit).toHaveBeenCalledTimes(2);
  });

  it('refuses a retryBudget without a registry of retry budgets', () => {
    const create = () => new Hedge('customer', { retryBudget: 'shared' });

    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow("Hedge 'customer'");
    expect(create).toThrow(
      "retryBudget is 'shared'; allowed: a name only together with a registry of retry budgets (`retryBudgets` of the environment)",
    );
  });

  it('changes nothing when new options are refused', () => {
    const { hedge } = setUp({ retryBudget: 'shared' }, { budget: budgetOf(0) });

    expect(() => hedge.reconfigure({ maxHedgedAttempts: -1 })).toThrow("Hedge 'customer' has an invalid option");

    expect(hedge.config).toMatchObject({ maxHedgedAttempts: 1, retryBudget: 'shared' });
  });

  it('withdraws nothing after new options that name no budget, and keeps as many events as they say', async () => {
    const { clock, hedge, attempts, call } = setUp({ retryBudget: 'shared' }, { budget: budgetOf(0) });
    hedge.reconfigure({ delay: 100, eventConsumerBufferSize: 1 });

    hedge.execute(call).catch(() => {});
    clock.advance(100);

    expect(attempts).toHaveLength(2);
    expect(hedge.bufferedEvents()).toMatchObject([{ type: 'HEDGE' }]);
  });
});

describe('The options of a hedge', () => {
  it('have the documented defaults', () => {
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

  it('refuse delay with delayPercentile, and minimumNumberOfCalls above slidingWindowSize', () => {
    const given = { delay: 100, delayPercentile: 95, minimumNumberOfCalls: 50, slidingWindowSize: 20 };

    expect(() => hedgeOptions.resolve('Hedge', given)).toThrow(
      /set together with delay.*\n.*minimumNumberOfCalls is 50; allowed: at most slidingWindowSize, which is 20/,
    );
  });

  it.each<HedgeOptions>([
    { delayPercentile: 95, minimumNumberOfCalls: 20, slidingWindowSize: 20 },
    // They have no effect on a fixed delay.
    { delay: 0, minimumNumberOfCalls: 50, slidingWindowSize: 20 },
    { maxHedgedAttempts: 0 },
  ])('accept %j', (given) => {
    expect(hedgeOptions.resolve('Hedge', given)).toMatchObject(given);
  });

  it.each([
    ['delay', -1, 'a duration of at least 0 ms'],
    ['delayPercentile', 0, 'a percentage above 0 and at most 100'],
    ['minimumNumberOfCalls', 0, 'a whole number of at least 1'],
    ['slidingWindowSize', 0, 'a whole number from 1 to 10000000'],
    ['maxHedgedAttempts', -1, 'a whole number of at least 0'],
    ['retryBudget', '', 'the name of a retry budget'],
    ['eventConsumerBufferSize', -1, 'a whole number from 0 to 10000000'],
  ])('refuse %s %j', (option, value, allowed) => {
    expect(() => new Hedge('customer', { [option]: value })).toThrow("Hedge 'customer' has an invalid option");
    expect(() => new Hedge('customer', { [option]: value })).toThrow(`allowed: ${allowed}`);
  });

  it('replace the delay of a base config by delayPercentile, and the other way round', () => {
    expect(mergeOptions(hedgeOptions.rules, { delayPercentile: 99 }, { delay: 100 })).toStrictEqual({ delay: 100 });
    expect(
      mergeOptions(hedgeOptions.rules, { delay: 100, maxHedgedAttempts: 2 }, { delayPercentile: 99 }),
    ).toStrictEqual({
      delayPercentile: 99,
      maxHedgedAttempts: 2,
    });
  });

  it('are taken from the definitions of a registry, which creates each hedge once', () => {
    const registry = createRegistry('hedge', { instances: { customer: { delay: '50ms' } } });

    expect(registry.getOrCreate('customer').config.delay).toBe(50);
    expect(registry.getOrCreate('customer')).toBe(registry.find('customer'));
    expect(() => createRegistry('hedge', { instances: { customer: { maxHedgedAttempts: -1 } } })).toThrow(
      /instances\.customer\.maxHedgedAttempts/,
    );
  });
});
