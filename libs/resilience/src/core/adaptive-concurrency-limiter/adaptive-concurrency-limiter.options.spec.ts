import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../errors.ts';
import { adaptiveConcurrencyLimiterOptions } from './adaptive-concurrency-limiter.options.ts';
import { mergeOptions } from '../options.ts';

const resolve = (options: object = {}) => adaptiveConcurrencyLimiterOptions.resolve('Limiter', options);

function faultsOf(options: object): string[] {
  try {
    resolve(options);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.faults.map(({ option }) => option);
    throw error;
  }
  return [];
}

describe('The options of an adaptive concurrency limiter', () => {
  it('have the documented defaults', () => {
    expect(resolve()).toStrictEqual({
      algorithm: 'GRADIENT',
      initialLimit: 20,
      minLimit: 1,
      maxLimit: 200,
      backoffRatio: 0.9,
      timeout: 5_000,
      smoothing: 0.2,
      rttTolerance: 1.5,
      longWindow: 600,
      queueSize: 4,
      ignoreExceptions: [],
      ignoreException: undefined,
      eventConsumerBufferSize: 0,
    });
  });

  it.each([
    ['algorithm', 'VEGAS'],
    ['initialLimit', 0],
    ['maxLimit', 0.5],
    ['backoffRatio', 0.49],
    ['backoffRatio', 1],
    ['timeout', 0],
    ['smoothing', 0],
    ['smoothing', 1.1],
    ['rttTolerance', 0.9],
    ['rttTolerance', Number.NaN],
    ['longWindow', 9],
    ['queueSize', 0],
    ['ignoreException', 'bad'],
  ])('refuse %s: %j', (option, value) => {
    expect(faultsOf({ [option]: value })).toContain(option);
  });

  it.each([
    ['backoffRatio', 0.5],
    ['smoothing', 1],
    ['rttTolerance', 1],
    ['longWindow', 10],
    ['timeout', '200ms'],
  ])('accept %s: %j', (option, value) => {
    expect(faultsOf({ [option]: value })).toStrictEqual([]);
  });

  it.each([
    [{ algorithm: 'VEGAS' }, "algorithm is 'VEGAS'; allowed: one of AIMD, GRADIENT"],
    [{ initialLimit: 0, minLimit: 1 }, 'initialLimit is 0; allowed: a whole number of at least 1'],
    [{ minLimit: 0 }, 'minLimit is 0; allowed: a whole number of at least 1'],
    [{ maxLimit: 0 }, 'maxLimit is 0; allowed: a whole number of at least 1'],
    [{ backoffRatio: 1 }, 'backoffRatio is 1; allowed: a number of at least 0.5 and below 1'],
    [{ timeout: 0 }, 'timeout is 0; allowed: a duration above 0 ms'],
    [{ smoothing: 0 }, 'smoothing is 0; allowed: a number above 0 and at most 1'],
    [{ rttTolerance: 0 }, 'rttTolerance is 0; allowed: a number of at least 1'],
    [{ longWindow: 9 }, 'longWindow is 9; allowed: a whole number of at least 10'],
    [{ queueSize: 0 }, 'queueSize is 0; allowed: a whole number of at least 1'],
    [{ eventConsumerBufferSize: -1 }, 'eventConsumerBufferSize is -1; allowed: a whole number from 0 to'],
    [{ minLimit: 30, maxLimit: 25 }, 'minLimit is 30; allowed: at most maxLimit, which is 25'],
    [{ initialLimit: 9, maxLimit: 8 }, 'initialLimit is 9; allowed: from minLimit (1) to maxLimit (8)'],
  ])('are refused with what is allowed: %j', (options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });

  it.each([
    { initialLimit: 5, minLimit: 5 },
    { initialLimit: 5, maxLimit: 5 },
    { initialLimit: 5, minLimit: 5, maxLimit: 5 },
  ])('may make limits equal: %j', (options) => {
    expect(resolve(options)).toMatchObject(options);
  });

  it('refuse an initialLimit outside minLimit and maxLimit, and a minLimit above maxLimit', () => {
    expect(faultsOf({ initialLimit: 300 })).toStrictEqual(['initialLimit']);
    expect(faultsOf({ initialLimit: 5, minLimit: 6 })).toStrictEqual(['initialLimit']);
    expect(faultsOf({ minLimit: 30, maxLimit: 25 })).toStrictEqual(['minLimit']);
  });

  it('take precedence over options of a base config', () => {
    expect(
      mergeOptions(adaptiveConcurrencyLimiterOptions.rules, { minLimit: 2, maxLimit: 9 }, { maxLimit: 8 }),
    ).toStrictEqual({
      minLimit: 2,
      maxLimit: 8,
    });
  });
});
