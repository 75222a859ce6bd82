import { describe, expect, it } from 'vitest';
import { BaseConfigs, emptyLayer, layerOf, overlay, type Settings, type UnusableBase } from './definitions.ts';
import type { OptionFault } from './errors.ts';
import { duration, exclusive, optional, OptionSchema, wholeNumber } from './options.ts';

const schema = new OptionSchema({
  size: wholeNumber(10, { min: 1 }),
  wait: exclusive(duration(500, { min: 0 }), ['factor']),
  factor: exclusive(optional(wholeNumber(1, { min: 1 })), ['wait']),
});

type Group = Readonly<Record<string, object>>;

const layer = (configs: Group, instances: Group = {}, originOf?: (path: string) => string) =>
  layerOf(schema, { configs, instances }, () => {}, originOf);

const valuesOf = (settings: Settings) =>
  Object.fromEntries(Object.entries(settings).map(([option, { value }]) => [option, value]));

describe('The settings of definitions', () => {
  it('have parsed values and their origin, without what is not set', () => {
    const { configs, instances } = layer({ slow: { wait: '2s', size: undefined } }, { a: { baseConfig: 'slow' } });

    expect([...configs]).toStrictEqual([['slow', { wait: { value: 2_000, origin: 'configs.slow.wait' } }]]);
    expect([...instances]).toStrictEqual([['a', { baseConfig: { value: 'slow', origin: 'instances.a.baseConfig' } }]]);
  });

  it('have the origins and report the faults that their source names', () => {
    const faults: OptionFault[] = [];
    const given = { configs: { slow: { size: 3, wait: 'soon' } } };

    const { configs } = layerOf(
      schema,
      given,
      (fault) => faults.push(fault),
      (path) => `file: ${path}`,
    );

    expect(configs.get('slow')).toStrictEqual({ size: { value: 3, origin: 'file: configs.slow.size' } });
    expect(faults).toMatchObject([{ option: 'file: configs.slow.wait', given: "'soon'" }]);
  });

  it('are none without definitions', () => {
    expect(layerOf(schema, {}, () => {})).toStrictEqual(emptyLayer);
    expect([emptyLayer.configs.size, emptyLayer.instances.size]).toStrictEqual([0, 0]);
  });
});

describe('Definitions of one source on top of those of another', () => {
  it('are merged option by option, and replace what an option excludes', () => {
    const below = layer({ a: { size: 1, factor: 2 }, b: { size: 2 } }, { x: { size: 3 } });
    const above = layer({ a: { wait: 9 }, c: { size: 4 } }, { x: { factor: 5 }, y: {} });

    const { configs, instances } = overlay(schema.rules, below, above);

    expect([...configs].map(([name, settings]) => [name, valuesOf(settings)])).toStrictEqual([
      ['a', { size: 1, wait: 9 }],
      ['b', { size: 2 }],
      ['c', { size: 4 }],
    ]);
    expect([...instances].map(([name, settings]) => [name, valuesOf(settings)])).toStrictEqual([
      ['x', { size: 3, factor: 5 }],
      ['y', {}],
    ]);
  });
});

describe('The base configurations', () => {
  const setUp = (configs: Group, instances: Group = {}, defaults?: Settings) => {
    const refused: UnusableBase[] = [];
    const bases = new BaseConfigs(schema.rules, layer(configs, instances), (base) => refused.push(base), defaults);
    return { bases, refused };
  };
  const defaults = { size: { value: 7, origin: 'defaults.size' } };

  it.each([
    ['its own', { default: { size: 1 }, a: { size: 2 }, b: { size: 3 } }, { a: { baseConfig: 'b' } }, 3],
    ['its namesake', { default: { size: 1 }, a: { size: 2 } }, {}, 2],
    ['default', { default: { size: 1 }, b: { size: 3 } }, { a: { wait: 1 } }, 1],
    ['the defaults', { b: { size: 3 } }, { a: { wait: 1 } }, 7],
  ])('of an instance are found: %s', (_what, configs, instances, expected) => {
    const { bases, refused } = setUp(configs, instances, defaults);

    expect(valuesOf(bases.ofInstance('a'))).toMatchObject({ size: expected });
    expect(refused).toStrictEqual([]);
  });

  it('apply to options that a caller gives for an instance', () => {
    const { bases } = setUp({ default: { size: 1, factor: 2 } }, { a: { size: 5 } });
    const own = { wait: { value: 9, origin: 'wait' } };

    expect(valuesOf(bases.ofInstance('a', own))).toStrictEqual({ size: 1, wait: 9 });
    expect(valuesOf(setUp({}).bases.ofInstance('a', own))).toStrictEqual({ wait: 9 });
  });

  it('of a configuration are only those that it names', () => {
    const { bases } = setUp({ default: { size: 1 }, a: { wait: 2 }, b: { baseConfig: 'a', factor: 3 } }, {}, defaults);

    expect(valuesOf(bases.ofConfiguration('a'))).toStrictEqual({ size: 7, wait: 2 });
    expect(valuesOf(bases.ofConfiguration('b'))).toStrictEqual({ size: 7, factor: 3, baseConfig: 'a' });
  });

  it('that do not exist are refused with their origin, and left out', () => {
    const { bases, refused } = setUp({ a: { baseConfig: 'missing', wait: 1 } }, {}, defaults);

    expect(valuesOf(bases.ofConfiguration('a'))).toMatchObject({ size: 7, wait: 1 });
    expect(bases.ofConfiguration('other')).toStrictEqual({});
    expect(refused).toStrictEqual([
      { name: 'missing', known: ['a'], origin: 'configs.a.baseConfig', circle: undefined },
      { name: 'other', known: ['a'], origin: undefined, circle: undefined },
    ]);
  });

  it('that lead back to themselves are refused with the circle, and left out', () => {
    const configs = { a: { baseConfig: 'b', size: 1 }, b: { baseConfig: 'a', wait: 2 } };
    const { bases, refused } = setUp(configs, { x: { baseConfig: 'a' } });

    expect(valuesOf(bases.ofConfiguration('a'))).toMatchObject({ size: 1, wait: 2 });
    expect(valuesOf(bases.ofInstance('x'))).toMatchObject({ size: 1, wait: 2 });
    const circle = { name: 'a', known: ['a', 'b'], origin: 'configs.b.baseConfig', circle: ['a', 'b', 'a'] };
    expect(refused).toStrictEqual([circle, circle]);
  });
});
