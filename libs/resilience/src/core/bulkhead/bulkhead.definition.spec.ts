import { expect, it } from 'vitest';
import { observeSurface } from '../surface.fixture.ts';

it('shows a bulkhead in configuration, metrics, spans and actuator by these names', async () => {
  const surface = observeSurface('bulkhead', { maxConcurrentCalls: 1, maxWaitDuration: 100 });
  const { clock, instance } = surface;

  const first = instance.execute(() => new Promise<void>((resolve) => clock.schedule(200, resolve)));
  const refused = instance.execute(() => {});
  surface.note('with a call in flight and another in the queue');
  clock.advance(200);
  await first;
  await expect(refused).rejects.toThrow("Bulkhead 'customer'");
  surface.note('when both have ended');

  expect(surface.missingEvents()).toStrictEqual([]);
  await expect(String(surface)).toMatchFileSnapshot('./bulkhead.surface.json');
});
