import { expect, it } from 'vitest';
import { observeSurface } from '../surface.fixture.ts';
import { cachedFallbackDefinition } from './cached-fallback.definition.ts';

it('shows a cached fallback in configuration, metrics, spans and actuator by these names', async () => {
  const surface = observeSurface('cachedFallback', { staleLimit: '1m' });
  const { clock, instance } = surface;
  const failing = () => Promise.reject(new TypeError('failed'));

  await instance.withKey('c-1001').execute(() => 'response');
  clock.advance(1_500);
  await expect(instance.withKey('c-1001').execute(failing)).resolves.toBe('response');
  await expect(instance.withKey('c-1002').execute(failing)).rejects.toThrow('failed');
  surface.note('after a stale value and a key without one');
  cachedFallbackDefinition.dispose!(instance);
  surface.note('when it has been disposed of');

  expect(surface.missingEvents()).toStrictEqual([]);
  await expect(String(surface)).toMatchFileSnapshot('./cached-fallback.surface.json');
});
