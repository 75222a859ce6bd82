import { describe, expect, it } from 'vitest';
import { propertiesBelow } from './sources.ts';
import { fillPlaceholders } from './values.ts';

const pathsIn = (tree: unknown) =>
  propertiesBelow('resilience4j', tree, 'resilience.yml').map(({ path, value }) => [path.join(' / '), value]);

describe('propertiesBelow', () => {
  it.each([
    { resilience4j: { circuitbreaker: { instances: { customer: { 'sliding-window-size': 10 } } } } },
    { 'resilience4j.circuitbreaker': { instances: { 'customer.sliding-window-size': 10 } } },
    { 'resilience4j.circuitbreaker.instances.customer.sliding-window-size': 10 },
    { Resilience4j: { 'circuitbreaker.instances[customer]': { 'sliding-window-size': 10 } } },
  ])('finds nested and joined keys: %j', (tree) => {
    expect(pathsIn(tree)).toStrictEqual([['circuitbreaker / instances / customer / sliding-window-size', 10]]);
  });

  it('does not split a key in brackets', () => {
    expect(pathsIn({ resilience4j: { '[customer.v1]': 1 } })).toStrictEqual([['customer.v1', 1]]);
  });

  it('returns lists and empty maps as values', () => {
    expect(pathsIn({ resilience4j: { list: ['a', 'b'], none: null, empty: {} } })).toStrictEqual([
      ['list', ['a', 'b']],
      ['none', null],
      ['empty', {}],
    ]);
  });

  it.each([null, 'text', ['list'], { server: { port: 80 } }])('finds nothing below other keys: %j', (tree) => {
    expect(pathsIn(tree)).toStrictEqual([]);
  });

  it('returns the place of a property, or of a map around it', () => {
    const [property] = propertiesBelow('resilience4j', { 'resilience4j.a': { b: 1 } }, 'resilience.yml');

    expect(property?.origin()).toBe('resilience.yml: resilience4j.a.b');
    expect(property?.origin(1)).toBe('resilience.yml: resilience4j.a');
  });
});

describe('fillPlaceholders', () => {
  const env = { WAIT: '5s', CUSTOMER_WAITTIME: '7s', EMPTY: '', LOOP: '${LOOP}' };

  it.each([
    ['10', '10'],
    ['${WAIT}', '5s'],
    ['${WAIT:2s}', '5s'],
    ['${NONE:2s}', '2s'],
    ['${NONE:}', ''],
    ['${EMPTY:2s}', ''],
    ['PT${NONE:2}S', 'PT2S'],
    ['${NONE:${WAIT}}', '5s'],
    ['${NONE:${NEITHER:9s}}', '9s'],
    ['${customer.wait-time}', '7s'],
    ['${NONE:http://localhost:80}', 'http://localhost:80'],
  ])('replaces %s by %s', (text, filled) => {
    expect(fillPlaceholders(text, env)).toStrictEqual({ text: filled });
  });

  it('returns the name of a placeholder without value and default', () => {
    expect(fillPlaceholders('${WAIT} ${NONE}', env)).toStrictEqual({ missing: 'NONE' });
  });

  it('ends if a placeholder leads back to itself', () => {
    expect(fillPlaceholders('${LOOP}', env)).toStrictEqual({
      missing: '${LOOP} (a placeholder that leads back to itself)',
    });
  });
});
