import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { InvalidOptionsError } from '../core/errors.ts';
import { createRegistry, policies } from '../core/policies.ts';
import { resilienceConfig, type ResilienceConfigContext } from './resilience-config.ts';
import { sectionFormats } from './section-format.ts';

function configOf(text: string, context: ResilienceConfigContext = {}) {
  const documents = text === '' ? [] : [{ resilience4j: parse(text) as unknown }];
  return resilienceConfig(documents.length === 0 ? [] : [{ label: 'a.yml', documents }], { env: {}, ...context });
}

function faultsOf(...sources: Parameters<typeof configOf>) {
  try {
    configOf(...sources);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.faults;
    throw error;
  }
  return [];
}

describe('every policy', () => {
  const optionOf: Readonly<Record<string, (config: ReturnType<typeof configOf>) => unknown>> = {
    'retry maxAttempts': ({ retry }) => createRegistry('retry', retry).getOrCreate('customer').config.maxAttempts,
    'retrybudget minRetriesPerSecond': ({ retryBudget }) =>
      createRegistry('retryBudget', retryBudget).getOrCreate('customer').config.minRetriesPerSecond,
    'bulkhead maxConcurrentCalls': ({ bulkhead }) =>
      createRegistry('bulkhead', bulkhead).getOrCreate('customer').config.maxConcurrentCalls,
    'ratelimiter limitForPeriod': ({ rateLimiter }) =>
      createRegistry('rateLimiter', rateLimiter).getOrCreate('customer').config.limitForPeriod,
    'timelimiter timeoutDuration': ({ timeLimiter }) =>
      createRegistry('timeLimiter', timeLimiter).getOrCreate('customer').config.timeoutDuration,
    'hedge delay': ({ hedge }) => createRegistry('hedge', hedge).getOrCreate('customer').config.delay,
    'adaptiveconcurrencylimiter maxLimit': ({ adaptiveConcurrencyLimiter }) =>
      createRegistry('adaptiveConcurrencyLimiter', adaptiveConcurrencyLimiter).getOrCreate('customer').config.maxLimit,
    'cachedfallback maxEntries': ({ cachedFallback }) =>
      createRegistry('cachedFallback', cachedFallback).getOrCreate('customer').config.maxEntries,
  };

  it.each(Object.entries(optionOf))('is written like a circuit breaker: %s', (place, valueIn) => {
    const [section = '', option = ''] = place.split(' ');

    expect(valueIn(configOf(`${section}: { instances: { customer: { ${option}: 37 } } }`))).toBe(37);
    expect(valueIn(configOf(`${section}: { configs: { default: { ${option}: 38 } } }`))).toBe(38);
  });

  it.each(Object.entries(optionOf))('is set by the environment: %s', (place, valueIn) => {
    const [section = '', option = ''] = place.split(' ');
    const env = { [`RESILIENCE4J_${section.toUpperCase()}_INSTANCES_CUSTOMER_${option.toUpperCase()}`]: '39' };

    expect(valueIn(configOf('', { env }))).toBe(39);
  });

  it('is set by environment variables with underscores in the name of the instance', () => {
    const env = { RESILIENCE4J_ADAPTIVE_CONCURRENCY_LIMITER_INSTANCES_CUSTOMER_API_MAX_LIMIT: '5' };
    const inCode = { adaptiveConcurrencyLimiter: ['customerApi'] };

    expect(configOf('', { env, namesInCode: inCode }).adaptiveConcurrencyLimiter.instances).toStrictEqual({
      customerApi: { maxLimit: 5 },
    });
    expect(configOf('', { env, namesInCode: { pipeline: ['customer-api'] } }).adaptiveConcurrencyLimiter).toMatchObject(
      { instances: { 'customer-api': { maxLimit: 5 } } },
    );
  });

  it('combines definitions in code with those in files', () => {
    const bulkhead = { configs: { default: { maxConcurrentCalls: 1 } }, instances: { customer: {} } };

    expect(configOf('bulkhead.instances.customer.maxWaitDuration: 5ms', { bulkhead }).bulkhead.instances).toStrictEqual(
      { customer: { maxWaitDuration: 5 } },
    );
  });

  it('may be empty at every level', () => {
    const text = '{ retry: , bulkhead: {}, hedge: { instances: }, timelimiter: { instances: {}, configs: { 7: } } }';
    const { warnings, timeLimiter, hedge } = configOf(text);

    expect(warnings).toStrictEqual([]);
    expect(timeLimiter).toStrictEqual({ configs: { '7': {} }, instances: {} });
    expect(hedge).toStrictEqual({ configs: {}, instances: {} });
    expect(configOf('null').warnings).toStrictEqual([]);
  });

  it('may have instances whose names are numbers', () => {
    expect(configOf('retry.instances: { 7: , 8: { maxAttempts: 2 } }').retry.instances).toStrictEqual({
      '7': {},
      '8': { maxAttempts: 2 },
    });
  });

  it('has options that are words, without dots', () => {
    expect(faultsOf('retry.instances.a: { max.attempts: 2 }')).toMatchObject([
      { option: 'a.yml: resilience4j.retry.instances.a.max.attempts', given: 'not known' },
    ]);
  });

  it.each([
    ['retry: 1', 'a.yml: resilience4j.retry is 1; allowed: configs, instances, backends, limiters'],
    ['retry.instances: 1', 'a.yml: resilience4j.retry.instances is 1; allowed: names below it'],
    ['retry.instances.a: b', "a.yml: resilience4j.retry.instances.a is 'b'; allowed: options below it"],
  ])('reports a value in place of a map: %s', (text, fault) => {
    expect(() => configOf(text)).toThrow(`The resilience configuration has an invalid option:\n  - ${fault}`);
  });

  it('has options for a health indicator only if it has one', () => {
    const text = 'retry.instances.a: { registerHealthIndicator: true }';

    expect(configOf(text).warnings).toStrictEqual([
      expect.stringContaining('  - a.yml: resilience4j.retry.instances.a.registerHealthIndicator'),
    ]);
  });

  it('has a format for reference documentation, with defaults', () => {
    const formats = sectionFormats(policies);

    expect(formats.find(({ kind }) => kind === 'hedge')).toMatchObject({
      section: 'hedge',
      aliases: {},
      backoff: undefined,
      meaninglessOptions: [],
      meaninglessKeys: [],
    });
    expect(formats.find(({ kind }) => kind === 'retry')?.rules).toMatchObject({
      enableExponentialBackoff: { defaultValue: false },
      exponentialBackoffMultiplier: { defaultValue: 1.5, allowed: 'a number above 0' },
      enableRandomizedWait: { defaultValue: false },
      randomizedWaitFactor: { defaultValue: 0.5, allowed: 'a number of at least 0 and below 1' },
      exponentialMaxWaitDuration: { defaultValue: undefined },
    });
  });

  it('reports all faults at once', () => {
    const text = `
      retry.instances.a: { maxAttempts: 0, intervalFunction: fast, maxAttemps: 3 }
      ratelimiter.instances.a: { limitForPeriod: none }
      timelimitr.instances.a: {}
      hedge.instances.a: { delayPercentile: 101 }`;

    expect(faultsOf(text).map(({ option, allowed }) => `${option}: ${allowed}`)).toStrictEqual([
      'a.yml: resilience4j.retry.instances.a.maxAttempts: a whole number of at least 1',
      'a.yml: resilience4j.retry.instances.a.intervalFunction: nothing in a file, since only code can give a function',
      'a.yml: resilience4j.retry.instances.a.maxAttemps: maxAttempts, if that is what you meant',
      'a.yml: resilience4j.ratelimiter.instances.a.limitForPeriod: a whole number of at least 1',
      'a.yml: resilience4j.timelimitr: timelimiter, if that is what you meant',
      'a.yml: resilience4j.hedge.instances.a.delayPercentile: a percentage above 0 and at most 100',
    ]);
  });
});

describe('rate limiters', () => {
  it('may be in the group limiters, the former name of Resilience4j', () => {
    expect(configOf('ratelimiter.limiters.customer.limitForPeriod: 3').rateLimiter.instances).toStrictEqual({
      customer: { limitForPeriod: 3 },
    });
  });
});

describe('health options', () => {
  const text = `circuitbreaker:
    configs: { default: { registerHealthIndicator: true }, customer: { allowHealthIndicatorToFail: true } }
    instances: { stock: { register-health-indicator: false }, mail: { slidingWindowSize: 5 } }`;

  it('are inherited like options', () => {
    const { circuitBreaker } = configOf(text).healthOptions;

    expect(circuitBreaker('mail')).toStrictEqual({ registerHealthIndicator: true, allowHealthIndicatorToFail: false });
    expect(circuitBreaker('stock').registerHealthIndicator).toBe(false);
    expect(circuitBreaker('customer')).toStrictEqual({
      registerHealthIndicator: false,
      allowHealthIndicatorToFail: true,
    });
  });

  it('are read from the environment, and are no options of a circuit breaker', () => {
    const env = { RESILIENCE4J_CIRCUITBREAKER_INSTANCES_STOCK_REGISTERHEALTHINDICATOR: 'true' };
    const { circuitBreaker, healthOptions } = configOf(text, { env });

    expect(healthOptions.circuitBreaker('stock').registerHealthIndicator).toBe(true);
    expect(circuitBreaker).toStrictEqual({
      configs: { default: {}, customer: {} },
      instances: { stock: {}, mail: { slidingWindowSize: 5 } },
    });
  });

  it('are false by default', () => {
    expect(configOf('').healthOptions.rateLimiter('customer')).toStrictEqual({
      registerHealthIndicator: false,
      allowHealthIndicatorToFail: false,
    });
  });

  it('must be true or false', () => {
    expect(faultsOf('ratelimiter.instances.a.registerHealthIndicator: perhaps')).toMatchObject([
      { given: "'perhaps'", allowed: 'true or false' },
    ]);
  });
});
