import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import { decimal, duration, exclusive, flag, mergeOptions, optional, OptionSchema, wholeNumber } from './options.ts';

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
  });
});

describe('mergeOptions', () => {
  it('drops options of the base that an option excludes', () => {
    expect(mergeOptions(schema.rules, { size: 1, factor: 2 }, { wait: 3, size: undefined })).toStrictEqual({
      size: 1,
      wait: 3,
    });
  });
});

describe('nearestName', () => {
  const known = ['failureRateThreshold', 'slowCallRateThreshold', 'slidingWindowSize'];

  it.each([
    ['failureRateTreshold', 'failureRateThreshold'],
    ['failurerate_threshold', 'failureRateThreshold'],
    ['slidingWindowSzie', 'slidingWindowSize'],
    ['slowCallThreshold', 'slowCallRateThreshold'],
  ])('finds the known name nearest to %s', (mistyped, meant) => {
    expect(nearestName(mistyped, known)).toBe(meant);
  });

  it('returns undefined if no name is near', () => {
    expect(nearestName('waitDuration', known)).toBeUndefined();
    expect(nearestName('x', known)).toBeUndefined();
  });
});
