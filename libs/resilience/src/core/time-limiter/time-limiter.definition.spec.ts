import { expect, it } from 'vitest';
import { observeSurface } from '../surface.fixture.ts';

it.each([
  ['a time limiter', 'timeLimiter', 'time-limiter'],
  ['a total deadline', 'deadline', 'total-deadline'],
] as const)('shows %s in configuration, metrics, spans and actuator by these names', async (_, kind, file) => {
  const surface = observeSurface(kind, { timeoutDuration: '1s' });
  const { clock, instance } = surface;

  await instance.execute(() => 'response');
  await expect(instance.execute(() => Promise.reject(new TypeError('failed')))).rejects.toThrow('failed');
  const late = instance.execute(() => new Promise<void>((resolve) => clock.schedule(2_000, resolve)));
  clock.advance(1_000);
  await expect(late).rejects.toThrow("'customer'");
  surface.note('after a success, a failure and a timeout');

  expect(surface.missingEvents()).toStrictEqual([]);
  await expect(String(surface)).toMatchFileSnapshot(`./${file}.surface.json`);
});
