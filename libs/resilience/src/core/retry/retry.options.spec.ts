import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../errors.ts';
import { IntervalFunction } from '../interval-function.ts';
import { createRegistry } from '../policies.ts';
import { type RetryOptions, retryOptions } from './retry.options.ts';
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
    ['waitDuration', 'intervalFunction', { waitDuration: 100, intervalFunction: interval }],
    ['waitDuration', 'intervalBiFunction', { waitDuration: 100, intervalBiFunction: interval }],
    ['intervalFunction', 'intervalBiFunction', { intervalFunction: interval, intervalBiFunction: interval }],
  ])('refuse %s together with %s', (first, second, given) => {
    expect(() => retryOptions.resolve('Retry', given)).toThrow(
      `${second} is set together with ${first}; allowed: only one of the two`,
    );
  });

  it.each([
    [{ maxAttempts: 0 }, 'a whole number of at least 1'],
    [{ waitDuration: -1 }, 'a duration of at least 0 ms'],
    [{ intervalFunction: 100 }, 'a function from the attempt (1, 2, …) to milliseconds'],
    [{ intervalBiFunction: 100 }, 'a function from the attempt (1, 2, …) and { error } or { result } to milliseconds'],
    [{ classification: 'grpc' }, 'one of http'],
    [{ retryAfterFunction: 100 }, 'a function from { error } or { result } to milliseconds or undefined'],
    [{ maxRetryAfterDuration: -1 }, 'a duration of at least 0 ms'],
    [{ retryBudget: ' ' }, 'the name of a retry budget'],
    [{ eventConsumerBufferSize: -1 }, 'a whole number from 0 to 10000000'],
    [{ maxAttemps: 3 }, 'maxAttempts, if that is what you meant'],
  ])('refuse %j', (options: object, allowed) => {
    expect(() => retryOptions.resolve('Retry', options)).toThrow(InvalidOptionsError);
    expect(() => retryOptions.resolve('Retry', options)).toThrow(`allowed: ${allowed}`);
  });

  const waits = { waitDuration: 100, intervalFunction: interval, intervalBiFunction: interval };
  const names = ['waitDuration', 'intervalFunction', 'intervalBiFunction'] as const;

  it.each(names.flatMap((base) => names.map((override) => [base, override] as const)))(
    'replace %s of a base config by %s',
    (base, override) => {
      const overriding = { [override]: waits[override] };

      expect(mergeOptions(retryOptions.rules, { [base]: waits[base] }, overriding)).toStrictEqual(overriding);
    },
  );

  it('replace retryOnException of a base config by retryExceptions', () => {
    const base: RetryOptions = { retryOnException: () => true };
    const overriding: RetryOptions = { retryExceptions: [TypeError] };

    expect(mergeOptions(retryOptions.rules, base, overriding)).toStrictEqual(overriding);
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
