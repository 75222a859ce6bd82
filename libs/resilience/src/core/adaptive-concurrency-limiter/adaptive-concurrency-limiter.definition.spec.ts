import { expect, it } from 'vitest';
import { observeSurface } from '../surface.fixture.ts';

it('shows an adaptive concurrency limiter in configuration, metrics, spans and actuator by these names', async () => {
  const options = { algorithm: 'AIMD', initialLimit: 2, timeout: '1s' } as const;
  const surface = observeSurface('adaptiveConcurrencyLimiter', options);
  const { clock, instance } = surface;

  const calls = [1, 2].map(() =>
    instance.execute(() => new Promise<void>((resolve) => clock.schedule(2_000, resolve))),
  );
  await expect(instance.execute(() => {})).rejects.toThrow("AdaptiveConcurrencyLimiter 'customer'");
  surface.note('with two calls in flight');
  clock.advance(2_000);
  await Promise.all(calls);
  surface.note('when both have timed out');

  expect(surface.missingEvents()).toStrictEqual([]);
  await expect(String(surface)).toMatchFileSnapshot('./adaptive-concurrency-limiter.surface.json');
});
