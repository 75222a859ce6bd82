import { describe, expect, it } from 'vitest';
import { propertiesBelow } from './property.ts';

const pathsIn = (tree: unknown) =>
  propertiesBelow('resilience4j', tree, 'resilience.yml').map(({ path, value }) => [path.join(' / '), value]);

describe('properties', () => {
  it.each([
    { resilience4j: { circuitbreaker: { instances: { customer: { 'sliding-window-size': 10 } } } } },
    { 'resilience4j.circuitbreaker': { instances: { 'customer.sliding-window-size': 10 } } },
    { 'resilience4j.circuitbreaker.instances.customer.sliding-window-size': 10 },
    { Resilience4j: { 'circuitbreaker.instances[customer]': { 'sliding-window-size': 10 } } },
  ])('are found wherever the dots are: %j', (tree) => {
    expect(pathsIn(tree)).toStrictEqual([['circuitbreaker / instances / customer / sliding-window-size', 10]]);
  });

  it('keep a key in brackets whole', () => {
    expect(pathsIn({ resilience4j: { '[customer.v1]': 1 } })).toStrictEqual([['customer.v1', 1]]);
  });

  it('keep lists and empty maps as values', () => {
    expect(pathsIn({ resilience4j: { list: ['a', 'b'], none: null, empty: {} } })).toStrictEqual([
      ['list', ['a', 'b']],
      ['none', null],
      ['empty', {}],
    ]);
  });

  it.each([null, 'text', ['list'], { server: { port: 80 } }])('are none outside: %j', (tree) => {
    expect(pathsIn(tree)).toStrictEqual([]);
  });

  it('tell where they stand, or where what holds them stands', () => {
    const [property] = propertiesBelow('resilience4j', { 'resilience4j.a': { b: 1 } }, 'resilience.yml');

    expect(property?.origin()).toBe('resilience.yml: resilience4j.a.b');
    expect(property?.origin(1)).toBe('resilience.yml: resilience4j.a');
  });
});
