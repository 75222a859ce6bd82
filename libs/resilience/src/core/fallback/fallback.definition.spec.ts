import { expect, it } from 'vitest';
import { observeSurface } from '../surface.fixture.ts';

it('shows a fallback in configuration, metrics, spans and actuator by these names', async () => {
  const handlers = [
    {
      name: 'other region',
      handle: () => {
        throw new RangeError('down as well');
      },
    },
    { handle: () => 'unknown' },
  ];
  const surface = observeSurface('fallback', { handlers });

  await expect(surface.instance.execute(() => Promise.reject(new TypeError('failed')))).resolves.toBe('unknown');
  surface.note('after a handler that failed and one that did not');

  expect(surface.missingEvents()).toStrictEqual([]);
  await expect(String(surface)).toMatchFileSnapshot('./fallback.surface.json');
});
