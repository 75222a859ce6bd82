import { describe, expect, it } from 'vitest';
import { AllowedMethods } from './allowed-methods.ts';

const methods = new AllowedMethods();
methods.add({ method: 'GET', url: '/berths' });
methods.add({ method: ['POST', 'GET'], url: '/berths' });
methods.add({ method: 'GET', url: '/berths/:id' });
methods.add({ method: 'DELETE', url: '/berths/:id' });
methods.add({ method: 'PUT', url: '/berths/:id/lamps/:lamp' });
methods.add({ method: 'OPTIONS', url: '/*' });

describe('AllowedMethods', () => {
  it.each([
    ['/berths', ['GET', 'POST']],
    ['/berths/', ['GET', 'POST']],
    ['/berths/7', ['DELETE', 'GET']],
    ['/berths/7/lamps/1', ['PUT']],
  ])('knows those of %s', (path, allowed) => {
    expect(methods.of(path)).toEqual(allowed);
  });

  it.each(['/', '/ships', '/berths/7/lamps', '/berths//lamps/1'])('knows none of %s, which is no path', (path) => {
    expect(methods.of(path)).toEqual([]);
  });
});
