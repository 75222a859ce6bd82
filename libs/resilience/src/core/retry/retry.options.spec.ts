import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../errors.ts';
import { IntervalFunction } from '../interval-function.ts';
import { createRegistry } from '../policies.ts';
import { retryOptions } from './retry.options.ts';
import { mergeOptions } from '../options.ts';

const interval = IntervalFunction.of(100);

describe('The options of a retry', () => {
  it('have the documented defaults', () => {
    expect(retryOptions.resolve('Retry', {})).toStrictEqual({
      maxAttempts: 3,
      waitDuration: 500,
      intervalFunction: undefined,
      intervalBiFunction: undefined,
      retryExceptions: [],
      ignoreExceptions: [],
      retryOnException: undefined,
      retryOnResult: undefined,
      classification: undefined,
      failAfterMaxAttempts: false,
      retryAfterFunction: undefined,
      maxRetryAfterDuration: 30_000,
      retryBudget: undefined,
      eventConsumerBufferSize: 0,
    });
  });

  it('have no waitDuration if there is an interval function', () => {
    expect(retryOptions.resolve('Retry', { intervalFunction: interval }).waitDuration).toBeUndefined();
    expect(retryOptions.resolve('Retry', { intervalBiFunction: interval }).waitDuration).toBeUndefined();
  });

  it('refuse more than one of waitDuration, intervalFunction and intervalBiFunction', () => {
    const given = { waitDuration: 100, intervalFunction: interval, intervalBiFunction: interval };

    expect(() => retryOptions.resolve('Retry', given)).toThrow(InvalidOptionsError);
    expect(() => retryOptions.resolve('Retry', given)).toThrow(/intervalFunction.*\n.*intervalBiFunction/);
  });

  it.each([
    [{ maxAttempts: 0 }],
    [{ waitDuration: -1 }],
    [{ maxRetryAfterDuration: -1 }],
    [{ retryBudget: ' ' }],
    [{ maxAttemps: 3 }],
  ])('refuse %j', (options: object) => {
    expect(() => retryOptions.resolve('Retry', options)).toThrow(InvalidOptionsError);
  });

  it('replace options of a base config that they exclude', () => {
    const onOutage = () => true;

    expect(mergeOptions(retryOptions.rules, { waitDuration: 100 }, { intervalFunction: interval })).toStrictEqual({
      intervalFunction: interval,
    });
    expect(mergeOptions(retryOptions.rules, { intervalBiFunction: interval }, { waitDuration: 100 })).toStrictEqual({
      waitDuration: 100,
    });
    expect(
      mergeOptions(retryOptions.rules, { retryOnException: onOutage }, { retryExceptions: [TypeError] }),
    ).toStrictEqual({
      retryExceptions: [TypeError],
    });
  });
});

describe('A registry of retries', () => {
  it('creates retries from their definitions, and retries with the same retryBudget share it', () => {
    const retryBudgets = createRegistry('retryBudget');
    const definitions = {
      configs: { default: { maxAttempts: 5, retryBudget: 'shared' } },
      instances: { customer: { maxAttempts: 2 } },
    };
    const registry = createRegistry('retry', definitions, { retryBudgets });

    expect(registry.getOrCreate('customer').config).toMatchObject({ maxAttempts: 2, retryBudget: 'shared' });
    expect(registry.getOrCreate('ledger').config.maxAttempts).toBe(5);
    expect(retryBudgets.names()).toStrictEqual(['shared']);
    expect(registry.getOrCreate('customer')).toBe(registry.find('customer'));
  });

  it('reports the faults of all definitions at once', () => {
    const instances = { customer: { maxAttempts: 0 }, ledger: { waitDuration: -1 } };

    expect(() => createRegistry('retry', { instances })).toThrow(
      /instances\.customer\.maxAttempts.*\n.*instances\.ledger\.waitDuration/,
    );
  });
});
