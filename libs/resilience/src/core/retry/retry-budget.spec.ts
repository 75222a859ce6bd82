import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { InvalidOptionsError } from '../errors.ts';
import { createRegistry } from '../policies.ts';
import type { RetryBudgetOptions } from './retry-budget.options.ts';
import { RetryBudget } from './retry-budget.ts';

function setUp(options: RetryBudgetOptions = {}) {
  const clock = new FakeClock();
  return { clock, budget: new RetryBudget('shared', options, { clock }) };
}

function withdrawAll(budget: RetryBudget): number {
  let retries = 0;
  while (budget.tryWithdraw()) retries++;
  return retries;
}

describe('A retry budget', () => {
  it('permits retryRatio of the calls plus the reserve', () => {
    const { budget } = setUp({ retryRatio: 0.2, minRetriesPerSecond: 1, ttl: '10s' });

    for (let call = 0; call < 50; call++) budget.deposit();

    expect(budget.balance).toBe(20);
    expect(withdrawAll(budget)).toBe(20);
    expect(budget.balance).toBe(0);
    expect(budget.tryWithdraw()).toBe(false);
  });

  it('has a reserve of 100 retries by default', () => {
    const { budget } = setUp();

    expect(withdrawAll(budget)).toBe(100);
  });

  it('permits 29 retries for 100 calls at retryRatio 0.29 despite floating-point errors', () => {
    const { budget } = setUp({ retryRatio: 0.29, minRetriesPerSecond: 0 });

    for (let call = 0; call < 100; call++) budget.deposit();

    expect(withdrawAll(budget)).toBe(29);
  });

  it('stops counting a call at the end of the ttl at the latest', () => {
    const { budget, clock } = setUp({ retryRatio: 1, minRetriesPerSecond: 0, ttl: '10s' });
    budget.deposit();

    clock.advance(8_999);
    expect(budget.balance).toBe(1);
    clock.advance(1_001);

    expect(budget.balance).toBe(0);
  });

  it('counts a retry for the whole ttl and at most a tenth of it longer', () => {
    const { budget, clock } = setUp({ retryRatio: 0, minRetriesPerSecond: 1, ttl: '1s' });
    clock.advance(99);
    expect(budget.tryWithdraw()).toBe(true);

    clock.advance(1_000);
    expect(budget.tryWithdraw()).toBe(false);
    clock.advance(1);

    expect(budget.tryWithdraw()).toBe(true);
  });

  it('has exactly its reserve after a gap of at least one ttl', () => {
    const { budget, clock } = setUp({ retryRatio: 1, minRetriesPerSecond: 1, ttl: '10s' });
    for (const gapMs of [11_000, 20_000, 1e15]) {
      for (let call = 0; call < 7; call++) budget.deposit();
      for (let retry = 0; retry < 3; retry++) budget.tryWithdraw();

      clock.advance(gapMs);

      expect(budget.balance).toBe(10);
    }
  });

  it('permits no retry when retryRatio and minRetriesPerSecond are 0', () => {
    const { budget } = setUp({ retryRatio: 0, minRetriesPerSecond: 0 });

    for (let call = 0; call < 1_000; call++) budget.deposit();

    expect(budget.tryWithdraw()).toBe(false);
  });

  it('applies changed options to the calls and retries so far', () => {
    const { budget } = setUp({ retryRatio: 1, minRetriesPerSecond: 0 });
    for (let call = 0; call < 6; call++) budget.deposit();
    budget.tryWithdraw();

    budget.reconfigure({ retryRatio: 0.5, minRetriesPerSecond: 0 });

    expect(budget.config.retryRatio).toBe(0.5);
    expect(budget.balance).toBe(2);
  });

  it.each(['1s', '20s'])('has exactly its reserve after the ttl changed to %s, now and later', (ttl) => {
    const { budget, clock } = setUp({ retryRatio: 1, minRetriesPerSecond: 5, ttl: '10s' });
    for (let call = 0; call < 7; call++) budget.deposit();
    for (let retry = 0; retry < 3; retry++) budget.tryWithdraw();

    budget.reconfigure({ retryRatio: 1, minRetriesPerSecond: 5, ttl });

    for (let slice = 0; slice < 12; slice++) {
      expect(budget.balance).toBe(ttl === '1s' ? 5 : 100);
      clock.advance(ttl === '1s' ? 100 : 2_000);
    }
  });

  it('changes nothing when a changed option is invalid', () => {
    const { budget } = setUp({ retryRatio: 1, minRetriesPerSecond: 0 });
    budget.deposit();

    expect(() => budget.reconfigure({ ttl: 0 })).toThrow(/^RetryBudget 'shared' has an invalid option/);

    expect(budget.config.ttl).toBe(10_000);
    expect(budget.balance).toBe(1);
  });

  it.each([
    [{ retryRatio: -0.1 }, 'a number from 0 to 1000'],
    [{ retryRatio: 1_001 }, 'a number from 0 to 1000'],
    [{ minRetriesPerSecond: -1 }, 'a whole number of at least 0'],
    [{ ttl: '61s' }, 'a duration from 1000 ms to 60000 ms'],
    [{ ttl: 999 }, 'a duration from 1000 ms to 60000 ms'],
  ])('refuses %j', (options, allowed) => {
    const create = () => new RetryBudget('shared', options);

    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow(/^RetryBudget 'shared' has an invalid option/);
    expect(create).toThrow(`allowed: ${allowed}`);
  });

  it.each([
    [{ retryRatio: 0, minRetriesPerSecond: 0, ttl: '1s' }],
    [{ retryRatio: 1_000, minRetriesPerSecond: 1_000_000, ttl: '60s' }],
  ])('accepts the limits %j', (options) => {
    expect(new RetryBudget('shared', options).config.retryRatio).toBe(options.retryRatio);
  });

  it('is created by a registry from its definition, once for each name', () => {
    const registry = createRegistry('retryBudget', { instances: { shared: { retryRatio: 0.1 } } });

    expect(registry.getOrCreate('shared').config).toStrictEqual({
      retryRatio: 0.1,
      minRetriesPerSecond: 10,
      ttl: 10_000,
    });
    expect(registry.getOrCreate('shared')).toBe(registry.find('shared'));
  });
});
