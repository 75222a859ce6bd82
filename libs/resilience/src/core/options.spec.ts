import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from './errors.ts';
import {
  choice,
  decimal,
  duration,
  errorClasses,
  errorPredicate,
  exclusive,
  flag,
  mergeOptions,
  optional,
  optionalFunction,
  optionalText,
  OptionSchema,
  percentage,
  replacing,
  resultPredicate,
  risingPercentages,
  size,
  suggestion,
  wholeNumber,
} from './options.ts';

const schema = new OptionSchema(
  {
    size: wholeNumber(10, { min: 1, max: 100 }),
    share: decimal(0.5, { above: 0, below: 1 }),
    isOn: flag(false),
    wait: exclusive(duration(500, { min: 0 }), ['factor']),
    factor: exclusive(optional(decimal(1, { min: 1 })), ['wait']),
  },
  {
    faults: ({ size, isOn }) =>
      isOn && size < 5 ? [{ option: 'size', given: String(size), allowed: 'at least 5' }] : [],
  },
);

const faultsOf = (given: object) => {
  try {
    schema.resolve('The schema', given);
    return [];
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.faults.map(({ option, allowed }) => `${option}: ${allowed}`);
    throw error;
  }
};

describe('OptionSchema', () => {
  it('completes options with their defaults', () => {
    expect(schema.resolve('The schema', { size: 3 })).toStrictEqual({
      size: 3,
      share: 0.5,
      isOn: false,
      wait: 500,
      factor: undefined,
    });
  });

  it('has no default for an option that another one excludes', () => {
    expect(schema.resolve('The schema', { factor: 2 })).toMatchObject({ wait: undefined, factor: 2 });
  });

  it('reports all faults at once', () => {
    expect(faultsOf({ size: 3.5, share: 1, isOn: 'yes', wait: '1s', factor: 2, sise: 3 })).toStrictEqual([
      'size: a whole number from 1 to 100',
      'share: a number above 0 and below 1',
      'isOn: true or false',
      'sise: size, if that is what you meant',
      'factor: only one of the two',
    ]);
    expect(faultsOf({ size: 3, isOn: true })).toStrictEqual(['size: at least 5']);
  });

  it('returns a configuration that it has already resolved unchanged', () => {
    const config = schema.resolve('The schema', { wait: '2s' });

    expect(schema.resolve('The schema', config)).toBe(config);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('does not parse options that are marked as parsed', () => {
    const options = schema.markParsed({ wait: 1_000 });

    expect(schema.parse(options).values).toBe(options);
    expect(schema.parse({ wait: '1s' }).values).toStrictEqual(options);
    expect(schema.parse(options).faults).toStrictEqual([]);
    expect(schema.isParsed(options)).toBe(true);
    expect(schema.isParsed({ wait: 1_000 })).toBe(false);
  });

  it('leaves out options that are undefined, and accepts what is none of its configurations', () => {
    expect(schema.parse({ size: undefined, unknown: undefined }).values).toStrictEqual({});
    expect(schema.isConfig({ ...schema.resolve('The schema', {}) })).toBe(false);
  });

  it('does not return the configuration of another schema', () => {
    const other = new OptionSchema({ size: wholeNumber(1, { min: 1 }) });
    const config = other.resolve('The other', { size: 5 });

    expect(schema.resolve('The schema', config)).toMatchObject({ size: 5, share: 0.5 });
    expect(schema.parse(config).faults).toStrictEqual([]);
  });

  it.each([
    ['a text', { size: 'many' }, "size is 'many'; allowed: a whole number from 1 to 100"],
    ['a function', { size: function count() {} }, 'size is the function count; allowed: '],
    [
      'an anonymous function',
      {
        size: (
          () => () =>
            1
        )(),
      },
      'size is the function (anonymous); allowed: ',
    ],
    ['an object', { size: { of: 5 } }, 'size is {"of":5}; allowed: '],
    ['no number', { size: Number.NaN }, 'size is NaN; allowed: '],
    ['a bigint', { size: 5n }, 'size is 5; allowed: '],
    ['null', { size: null }, 'size is null; allowed: '],
    ['another value', { isOn: 1 }, 'isOn is 1; allowed: true or false'],
    ['a name that is no option', { sise: 3 }, 'sise is not an option; allowed: size, if that is what you meant'],
    ['a name far from any', { x: 3 }, 'x is not an option; allowed: size, share, isOn, wait, factor'],
    [
      'two options that exclude each other',
      { wait: 1, factor: 2 },
      'factor is set together with wait; allowed: only one',
    ],
  ])('names in the error what is wrong: %s', (_what, given, message) => {
    expect(() => schema.resolve('The schema', given)).toThrow(`The schema has an invalid option:\n  - ${message}`);
  });

  it('reports an option that excludes another one once, in either order', () => {
    expect(faultsOf({ factor: 2, wait: 1 })).toStrictEqual(['factor: only one of the two']);
    expect(faultsOf({ factor: 2, wait: undefined })).toStrictEqual([]);
  });
});

const classes = [TypeError, RangeError];
const call = () => true;

/** Each rule with its kind, its default, what it accepts, and what it refuses. */
const rules = [
  [
    'a whole number',
    wholeNumber(5, { min: 1, max: 9 }),
    'number',
    5,
    'a whole number from 1 to 9',
    [1, 9],
    [0, 10, 1.5, '5'],
  ],
  [
    'one without a maximum',
    wholeNumber(5, { min: 1 }),
    'number',
    5,
    'a whole number of at least 1',
    [1, 1e9],
    [0, 2 ** 53],
  ],
  ['a size', size(7, { min: 0 }), 'number', 7, 'a whole number from 0 to 10000000', [0, 10_000_000], [-1, 10_000_001]],
  [
    'a number',
    decimal(0.5, { above: 0, below: 1 }),
    'number',
    0.5,
    'a number above 0 and below 1',
    [0.1, 0.9],
    [0, 1, NaN, Infinity],
  ],
  ['one with a lower limit', decimal(2, { above: 1 }), 'number', 2, 'a number above 1', [1.1, 1e9], [1, 0]],
  [
    'one with both limits',
    decimal(2, { min: 1, below: 3 }),
    'number',
    2,
    'a number of at least 1 and below 3',
    [1, 2.9],
    [0.9, 3],
  ],
  [
    'a percentage',
    percentage(50),
    'number',
    50,
    'a percentage above 0 and at most 100',
    [0.1, 100],
    [0, 100.1, Infinity, '50'],
  ],
  ['a flag', flag(true), 'boolean', true, 'true or false', [true, false], ['true', 1, null]],
  ['a choice', choice('a', ['a', 'b']), 'choice', 'a', 'one of a, b', ['a', 'b'], ['A', 'c', 1]],
  ['a text', optionalText('a name'), 'text', undefined, 'a name', ['x', ' x '], ['', ' ', 5]],
  [
    'error classes',
    errorClasses(),
    'errorClasses',
    [],
    'a list of error classes',
    [[], classes],
    [TypeError, [call], ['Error'], [null]],
  ],
  ['a function', optionalFunction('a function'), 'function', undefined, 'a function', [call], ['call', {}, null]],
  [
    'an error predicate',
    errorPredicate(),
    'errorPredicate',
    undefined,
    'a function from an error to true or false',
    [call],
    [5],
  ],
  [
    'a result predicate',
    resultPredicate(),
    'resultPredicate',
    undefined,
    'a function from a returned value to true or false',
    [call],
    [5],
  ],
  [
    'percentages',
    risingPercentages(),
    'numbers',
    [],
    'a list of rising percentages between 0 and 100',
    [[], [0.1, 50, 99.9]],
    [5, [0], [50, 50], [50, 40], [100], ['5']],
  ],
  [
    'an optional number',
    optional(wholeNumber(5, { min: 1 })),
    'number',
    undefined,
    'a whole number of at least 1',
    [1],
    [0],
  ],
] as const;

describe('The rule of an option', () => {
  it.each(rules)('accepts and refuses values: %s', (_what, rule, kind, defaultValue, allowed, valid, invalid) => {
    expect(rule).toMatchObject({ kind, allowed });
    expect(rule.defaultValue).toStrictEqual(defaultValue);
    for (const value of valid) expect(rule.parse(value)).toStrictEqual(value);
    for (const value of [...invalid, undefined]) expect(rule.parse(value)).toBeUndefined();
  });

  it('of a duration accepts text with a unit, within its limits', () => {
    const rule = duration(500, { min: 1, max: 2_000 });

    expect(rule).toMatchObject({ kind: 'duration', defaultValue: 500 });
    expect(rule.allowed).toMatch(/^a duration from 1 ms to 2000 ms \(milliseconds, or text such as '500ms'/);
    expect([1, '2s', 0.9, '2001ms', 'soon', null].map((value) => rule.parse(value))).toStrictEqual([
      1,
      2_000,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(duration(1, { above: 0 }).allowed).toMatch(/^a duration above 0 ms \(/);
    expect(duration(1, { min: 5 }).allowed).toMatch(/^a duration of at least 5 ms \(/);
    expect(duration(1, { min: 5, below: 9 }).allowed).toMatch(/^a duration of at least 5 ms and below 9 ms \(/);
    expect(duration(1, { above: 0, max: 9 }).allowed).toMatch(/^a duration above 0 ms and at most 9 ms \(/);
  });

  it.each([
    ['classes', errorClasses(), classes],
    ['percentages', risingPercentages(), [10, 20]],
  ])('copies and freezes a list: %s', (_what, rule, list) => {
    const parsed = rule.parse(list);

    expect(parsed).not.toBe(list);
    expect(Object.isFrozen(parsed)).toBe(true);
  });

  it('that replaces others names them all', () => {
    const rule = replacing(replacing(flag(false), ['a']), ['b', 'c']);

    expect(rule.replaces).toStrictEqual(['a', 'b', 'c']);
    expect(rule.excludes).toBeUndefined();
    expect(exclusive(flag(false), ['a'])).toMatchObject({ replaces: ['a'], excludes: ['a'], kind: 'boolean' });
  });
});

describe('suggestion', () => {
  it('names the nearest option, if one is near', () => {
    expect(suggestion('maxAttemps', ['waitDuration', 'maxAttempts'])).toBe('maxAttempts, if that is what you meant');
    expect(suggestion('x', ['maxAttempts'])).toBeUndefined();
  });
});

describe('mergeOptions', () => {
  it('drops options of the base that an option excludes', () => {
    expect(mergeOptions(schema.rules, { size: 1, factor: 2 }, { wait: 3, size: undefined })).toStrictEqual({
      size: 1,
      wait: 3,
    });
  });

  it('keeps options that no rule knows', () => {
    expect(mergeOptions(schema.rules, { baseConfig: 'a' }, { baseConfig: 'b' })).toStrictEqual({ baseConfig: 'b' });
  });

  it('does not change the base', () => {
    const base = { factor: 2 };

    mergeOptions(schema.rules, base, { wait: 3 } as object as typeof base);

    expect(base).toStrictEqual({ factor: 2 });
  });
});
