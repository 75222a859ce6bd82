import { expect, it } from 'vitest';
import { observeSurface } from '../surface.fixture.ts';
import { endpointPoolDefinition } from './endpoint-pool.definition.ts';

it('shows an endpoint pool in configuration, metrics, spans and actuator by these names', async () => {
  let found: readonly string[] | undefined = ['a', 'b', 'c', 'gone'];
  const resolve = () => {
    if (found === undefined) throw new TypeError('no answer from the registry');
    return found.map((name) => ({ url: `http://${name}` }));
  };
  let isHealthy = false;
  const surface = observeSurface(
    'endpointPool',
    {
      resolver: { resolve },
      loadBalancing: 'ROUND_ROBIN',
      consecutiveFailures: 1,
      baseEjectionTime: '6s',
      healthProbe: () => isHealthy,
      slowStartWindow: 0,
    },
    { random: () => 0 },
  );
  const { clock, instance } = surface;
  const call = (failing: string, tookMs = 100) =>
    Promise.allSettled([
      instance.execute(async ({ endpoint }) => {
        clock.advance(tookMs);
        if (endpoint?.name === failing) throw Object.assign(new Error('503'), { status: 503 });
      }),
    ]);
  await clock.advanceAsync(0);
  surface.note('with four endpoints');

  found = ['a', 'b', 'c'];
  await clock.advanceAsync(5_000);
  const inFlight = instance.execute(() => new Promise<void>((resolve) => clock.schedule(1_000, resolve)));
  surface.note('with a call in flight');
  clock.advance(1_000);
  await inFlight;
  for (let calls = 0; calls < 6; calls++) await call('a');
  surface.note('with one ejected');
  for (let calls = 0; calls < 6; calls++) await call('b');
  instance.eject('c');
  await call('b');
  surface.note('in panic');

  found = undefined;
  isHealthy = true;
  await clock.advanceAsync(60_000);
  instance.restore('c');
  for (let calls = 0; calls < 6; calls++) await call('none');
  surface.note('with all restored, and a resolution that fails');

  expect(surface.missingEvents()).toStrictEqual([]);
  await expect(String(surface)).toMatchFileSnapshot('./endpoint-pool.surface.json');

  endpointPoolDefinition.dispose!(instance);
  expect(clock.pendingTimers).toBe(1);
});
