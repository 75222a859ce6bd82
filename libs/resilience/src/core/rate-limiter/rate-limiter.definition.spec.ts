import { expect, it } from 'vitest';
import { observeSurface } from '../surface.fixture.ts';

it('shows a rate limiter in configuration, metrics, spans and actuator by these names', async () => {
  const options = { limitForPeriod: 1, limitRefreshPeriod: '1s', timeoutDuration: '1s' } as const;
  const surface = observeSurface('rateLimiter', options);
  const { clock, instance } = surface;

  await instance.execute(() => {});
  surface.note('without a permission left');
  const waiting = instance.execute(() => {});
  surface.note('with a waiting call');
  await expect(instance.execute(() => {})).rejects.toThrow("RateLimiter 'customer'");
  clock.advance(1_000);
  await waiting;
  clock.advance(1_000);
  instance.drainPermissions();
  surface.note('at the end');

  expect(surface.missingEvents()).toStrictEqual([]);
  await expect(String(surface)).toMatchFileSnapshot('./rate-limiter.surface.json');
});
