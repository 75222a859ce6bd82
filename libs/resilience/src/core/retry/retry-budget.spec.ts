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
  it('grants a share of the calls beside its reserve', () => {
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

  it('is not misled by the rounding of sums', () => {
    const { budget } = setUp({ retryRatio: 0.29, minRetriesPerSecond: 0 });

    for (let call = 0; call < 100; call++) budget.deposit();

    expect(withdrawAll(budget)).toBe(29);
  });

  it('forgets calls within the ttl', () => {
    const { budget, clock } = setUp({ retryRatio: 1, minRetriesPerSecond: 0, ttl: '10s' });
    budget.deposit();

    clock.advance(8_999);
    expect(budget.balance).toBe(1);
    clock.advance(1_001);

    expect(budget.balance).toBe(0);
  });

  it('holds a retry against later ones for the whole ttl, and not much longer', () => {
    const { budget, clock } = setUp({ retryRatio: 0, minRetriesPerSecond: 1, ttl: '1s' });
    clock.advance(99);
    expect(budget.tryWithdraw()).toBe(true);

    clock.advance(1_000);
    expect(budget.tryWithdraw()).toBe(false);
    clock.advance(1);

    expect(budget.tryWithdraw()).toBe(true);
  });

  it('has its reserve back, and nothing else, after a gap of any length', () => {
    const { budget, clock } = setUp({ retryRatio: 1, minRetriesPerSecond: 1, ttl: '10s' });
    for (const gapMs of [11_000, 20_000, 1e15]) {
      for (let call = 0; call < 7; call++) budget.deposit();
      for (let retry = 0; retry < 3; retry++) budget.tryWithdraw();

      clock.advance(gapMs);

      expect(budget.balance).toBe(10);
    }
  });

  it('can be a budget of nothing', () => {
    const { budget } = setUp({ retryRatio: 0, minRetriesPerSecond: 0 });

    for (let call = 0; call < 1_000; call++) budget.deposit();

    expect(budget.tryWithdraw()).toBe(false);
  });

  it.each([
    [{ retryRatio: -0.1 }],
    [{ retryRatio: 1_001 }],
    [{ minRetriesPerSecond: -1 }],
    [{ ttl: '61s' }],
    [{ ttl: 999 }],
  ])('refuses %j', (options) => {
    expect(() => new RetryBudget('shared', options)).toThrow(InvalidOptionsError);
  });

  it('is found in a registry by its name', () => {
    const registry = createRegistry('retryBudget', { instances: { shared: { retryRatio: 0.1 } } });

    expect(registry.getOrCreate('shared').config).toStrictEqual({
      retryRatio: 0.1,
      minRetriesPerSecond: 10,
      ttl: 10_000,
    });
    expect(registry.getOrCreate('shared')).toBe(registry.find('shared'));
  });
});
