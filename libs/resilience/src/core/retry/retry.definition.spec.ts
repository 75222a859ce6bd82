import { expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { createRegistry } from '../policies.ts';
import { observeSurface } from '../surface.fixture.ts';
import { retryDefinition } from './retry.definition.ts';

it('shows a retry in configuration, metrics, spans and actuator by these names', async () => {
  const instances = { few: { retryRatio: 0, minRetriesPerSecond: 2, ttl: '1s' } } as const;
  const retryBudgets = createRegistry('retryBudget', { instances }, { clock: new FakeClock() });
  const surface = observeSurface(
    'retry',
    { maxAttempts: 2, waitDuration: '1s', ignoreExceptions: [RangeError], retryBudget: 'few' },
    { retryBudgets },
  );
  const { clock, instance } = surface;
  const failing = () => Promise.reject(new TypeError('failed'));
  const run = async (call: (attempt: number) => unknown): Promise<void> => {
    const settled = Promise.allSettled([instance.execute(({ attempt }) => call(attempt))]);
    await clock.advanceAsync(1_000);
    await settled;
  };

  await run(() => 'response');
  await run((attempt) => (attempt === 1 ? failing() : 'response'));
  await run(failing);
  await run(() => Promise.reject(new RangeError('ignored')));
  await run(failing);
  surface.note('after calls of every kind');

  expect(surface.missingEvents()).toStrictEqual([]);
  await expect(String(surface)).toMatchFileSnapshot('./retry.surface.json');
});

it('shows no metric of a budget for a retry without one', () => {
  const surface = observeSurface('retry', {});

  expect(String(surface)).toContain('"breakwater_retry_attempts_total": 0');
  expect(String(surface)).not.toContain('"breakwater_retry_budget_exhausted_total": 0');
});

it('gives retries without a registry of budgets one with default options, on the same clock', () => {
  const clock = new FakeClock();
  const few = retryDefinition.completeEnvironment!({ clock }).retryBudgets!.getOrCreate('few');

  expect(few.balance).toBe(100);
  while (few.tryWithdraw());
  clock.advance(11_000);
  expect(few.balance).toBe(100);

  const inRealTime = retryDefinition.completeEnvironment!({}).retryBudgets!.getOrCreate('few');
  expect(inRealTime.balance).toBe(100);
});

it('shows a retry budget in configuration, metrics, spans and actuator by these names', async () => {
  const surface = observeSurface('retryBudget', { minRetriesPerSecond: 1, ttl: '10s' });

  surface.instance.tryWithdraw();
  surface.note('after one retry');

  await expect(String(surface)).toMatchFileSnapshot('./retry-budget.surface.json');
});
