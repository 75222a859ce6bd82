import { expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { createRegistry } from '../policies.ts';
import { observeSurface } from '../surface.fixture.ts';

it('shows a hedge in configuration, metrics, spans and actuator by these names', async () => {
  const instances = { few: { retryRatio: 0, minRetriesPerSecond: 2, ttl: '1s' } } as const;
  const retryBudgets = createRegistry('retryBudget', { instances }, { clock: new FakeClock() });
  const surface = observeSurface('hedge', { delay: '1s', retryBudget: 'few' }, { retryBudgets });
  const { clock, instance } = surface;
  const after = (ms: number) => new Promise<void>((resolve) => clock.schedule(ms, resolve));

  const failed = () => Promise.reject(new TypeError('failed'));

  await instance.execute(() => 'response');
  const latencies = [5_000, 100];
  const hedged = instance.execute(() => after(latencies.shift()!));
  await clock.advanceAsync(1_100);
  await hedged;
  const failing = instance.execute(() => after(1_500).then(failed));
  failing.catch(() => {});
  await clock.advanceAsync(2_500);
  await expect(failing).rejects.toThrow('failed');
  const unhedged = instance.execute(() => after(1_200));
  await clock.advanceAsync(1_200);
  await unhedged;
  surface.note('after two successes, a failure and a denied attempt');

  expect(surface.missingEvents()).toStrictEqual([]);
  await expect(String(surface)).toMatchFileSnapshot('./hedge.surface.json');
});

it('has no metric of a budget without one, and no delay before a percentile is known', async () => {
  const { instance, metrics } = observeSurface('hedge', { delayPercentile: 95, minimumNumberOfCalls: 1 });
  const always = ['calls_total{kind="successful_primary"}', 'calls_total{kind="successful_hedge"}'];
  const names = [...always, 'calls_total{kind="failed"}', 'attempts_total'].map((name) => `breakwater_hedge_${name}`);
  expect(Object.keys(metrics())).toStrictEqual(names);

  await instance.execute(() => 'response');

  expect(metrics()).toMatchObject({ breakwater_hedge_delay_seconds: expect.any(Number) });
});
