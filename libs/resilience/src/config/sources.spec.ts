import { describe, expect, it } from 'vitest';
import { ConfigIssues } from './issues.ts';
import { fillPlaceholders, lookupIn } from './placeholders.ts';
import { documentsIn, keysOfDocuments, propertiesBelow } from './sources.ts';

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

describe('the documents of a file', () => {
  it('are those that are not empty, and must be maps', () => {
    const issues = new ConfigIssues();
    const documents = documentsIn({ label: 'a.yml', documents: [null, { a: 1 }, undefined, ['b'], 'c'] }, issues);

    expect(documents).toStrictEqual([{ label: 'a.yml', tree: { a: 1 } }]);
    expect(() => issues.throwFaults()).toThrow(
      'The resilience configuration has 2 invalid options:\n' +
        '  - a.yml is ["b"] at the top; allowed: a map, such as resilience4j: …\n' +
        "  - a.yml is 'c' at the top; allowed: a map, such as resilience4j: …",
    );
  });

  it('have keys for placeholders, in one form and with a later document above an earlier one', () => {
    const trees = [
      { my: { 'Wait-Time': 1, on: true, none: null }, a: 'x' },
      { 'my.list': ['b', { c: 2 }], a: 'y' },
    ];

    expect(Object.fromEntries(keysOfDocuments(trees.map((tree) => ({ label: 'a.yml', tree }))))).toStrictEqual({
      'my.waittime': '1',
      'my.on': 'true',
      'my.none': '',
      'my.list[0]': 'b',
      'my.list[1].c': '2',
      a: 'y',
    });
  });
});

describe('fillPlaceholders', () => {
  const env = {
    WAIT: '5s',
    CUSTOMER_WAITTIME: '7s',
    EMPTY: '',
    MY_LIST_0: 'first',
    MY_LIST_10: 'eleventh',
    'my.dotted-name': 'dotted',
    LOOP: '${LOOP}',
    LEFT: '${RIGHT}',
    RIGHT: 'a ${LEFT}',
    TO_LEFT: '${LEFT}',
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
    ['${my.list[10]}', 'eleventh'],
    ['${my.dotted-name}', 'dotted'],
    ['${ WAIT } and ${WAIT}!', '5s and 5s!'],
    ['${a ${WAIT}', '${a 5s'],
    ['${a ${b ${WAIT}', '${a ${b 5s'],
    ['${NONE:{a} ${WAIT}}', '{a} 5s'],
    ['${NONE:}}', '}'],
    ['${my.${NONE:none}:9s}', '9s'],
    ['${my.${NONE:base}}', '25'],
    ['${NONE:{a: b}}', '{a: b}'],
    ['${my.wait', '${my.wait'],
    ['$my.wait and {my.wait}', '$my.wait and {my.wait}'],
  ])('replaces %s by %s', (text, filled) => {
    expect(fillPlaceholders(text, lookup)).toStrictEqual({ text: filled });
  });

  it('returns the name of a placeholder without value and default', () => {
    expect(fillPlaceholders('${WAIT} ${NONE}', lookup)).toStrictEqual({ missing: 'NONE' });
    expect(fillPlaceholders('${my.${NONE}}', lookup)).toStrictEqual({ missing: 'NONE' });
    expect(fillPlaceholders('${NONE:${NEITHER}}', lookup)).toStrictEqual({ missing: 'NEITHER' });
  });

  it('returns the names of a circle, and ends', () => {
    expect(fillPlaceholders('${LOOP}', lookup)).toStrictEqual({ circle: ['LOOP', 'LOOP'] });
    expect(fillPlaceholders('a ${LEFT}', lookup)).toStrictEqual({ circle: ['LEFT', 'RIGHT', 'LEFT'] });
    expect(fillPlaceholders('${NONE:${LOOP}}', lookup)).toStrictEqual({ circle: ['LOOP', 'LOOP'] });
    expect(fillPlaceholders('${TO_LEFT}', lookup)).toStrictEqual({ circle: ['LEFT', 'RIGHT', 'LEFT'] });
  });
});
