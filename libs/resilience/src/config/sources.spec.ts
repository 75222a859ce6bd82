import { describe, expect, it } from 'vitest';
import { propertiesBelow } from './sources.ts';
import { fillPlaceholders, lookupIn } from './placeholders.ts';

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
  const env = {
    WAIT: '5s',
    CUSTOMER_WAITTIME: '7s',
    EMPTY: '',
    MY_LIST_0: 'first',
    LOOP: '${LOOP}',
    LEFT: '${RIGHT}',
    RIGHT: 'a ${LEFT}',
  };
  const keys = new Map([
    ['my.wait', '${my.base}0ms'],
    ['my.base', '25'],
    ['customer.waittime', '1s'],
    ['my.list[1]', 'second'],
  ]);
  const lookup = lookupIn(env, keys);

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
    ['${my.wait}', '250ms'],
    ['${My.Wait}', '250ms'],
    ['${my.none:${my.base}}', '25'],
    ['${my.list[1]}', 'second'],
    ['${my.list[0]}', 'first'],
    ['${my.${NONE:base}}', '25'],
    ['${NONE:{a: b}}', '{a: b}'],
    ['${my.wait', '${my.wait'],
    ['$my.wait and {my.wait}', '$my.wait and {my.wait}'],
  ])('replaces %s by %s', (text, filled) => {
    expect(fillPlaceholders(text, lookup)).toStrictEqual({ text: filled });
  });

  it('returns the name of a placeholder without value and default', () => {
    expect(fillPlaceholders('${WAIT} ${NONE}', lookup)).toStrictEqual({ missing: 'NONE' });
  });

  it('returns the names of a circle, and ends', () => {
    expect(fillPlaceholders('${LOOP}', lookup)).toStrictEqual({ circle: ['LOOP', 'LOOP'] });
    expect(fillPlaceholders('a ${LEFT}', lookup)).toStrictEqual({ circle: ['LEFT', 'RIGHT', 'LEFT'] });
    expect(fillPlaceholders('${NONE:${LOOP}}', lookup)).toStrictEqual({ circle: ['LOOP', 'LOOP'] });
  });
});
