import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { InvalidOptionsError } from './errors.ts';
import {
  createRegistries,
  createRegistry,
  kindsOf,
  pipelineKindsOf,
  policies,
  registriesInEnvironment,
  registryToken,
} from './policies.ts';
import { Registry } from './registry.ts';

const clock = new FakeClock();
const order = [
  'retryBudget',
  'fallback',
  'cachedFallback',
  'deadline',
  'retry',
  'circuitBreaker',
  'hedge',
  'rateLimiter',
  'timeLimiter',
  'bulkhead',
  'adaptiveConcurrencyLimiter',
  'endpointPool',
];

describe('The table of policies', () => {
  it('has every kind in the default order of a pipeline, outermost first, and cannot be changed', () => {
    expect(kindsOf()).toStrictEqual(order);
    expect(pipelineKindsOf()).toStrictEqual(order.slice(1));
    expect(Object.isFrozen(policies)).toBe(true);
    for (const definition of policies) expect(Object.isFrozen(definition)).toBe(true);
  });

  it('can be another one', () => {
    const table = policies.slice(0, 2);

    expect(kindsOf(table)).toStrictEqual(['retryBudget', 'fallback']);
    expect(pipelineKindsOf(table)).toStrictEqual(['fallback']);
    expect(Object.keys(createRegistries({}, { clock }, table))).toStrictEqual(['retryBudget', 'fallback']);
  });

  it('describes a refusal to the client without the name of a policy', () => {
    const problemOf = (kind: string) =>
      policies.find((definition) => definition.kind === kind)?.refusals?.map(({ problem }) => problem);

    expect(problemOf('bulkhead')).toStrictEqual([
      {
        status: 503,
        title: 'Service busy',
        detail: 'The service is handling as many requests as it can. Try again later.',
      },
    ]);
    expect(problemOf('circuitBreaker')).toContainEqual({
      status: 503,
      title: 'Service unavailable',
      detail: 'A dependency of this service is unavailable. Try again later.',
    });
  });
});

describe('createRegistry', () => {
  it.each(kindsOf())('creates a registry of the kind %s', (kind) => {
    const registry = createRegistry(kind, {}, { clock });

    expect(registry).toBeInstanceOf(Registry);
    expect(registry.names()).toStrictEqual([]);
  });

  it('refuses a kind that does not exist, and lists those that do', () => {
    const create = () => createRegistry('retries' as never);

    expect(create).toThrow(RangeError);
    expect(create).toThrow(`There is no policy 'retries'; there are ${order.join(', ')}.`);
  });

  it('gives its definitions and its environment to the instances', () => {
    const registry = createRegistry('bulkhead', { instances: { customer: { maxConcurrentCalls: 7 } } }, { clock });
    const times: number[] = [];
    registry.on('ENTRY_ADDED', ({ creationTime }) => times.push(creationTime));

    expect(registry.getOrCreate('customer').config.maxConcurrentCalls).toBe(7);
    expect(times).toStrictEqual([clock.now()]);
  });
});

describe('createRegistries', () => {
  it('creates one registry of each kind, with the definitions of that kind', () => {
    const registries = createRegistries(
      { bulkhead: { instances: { customer: { maxConcurrentCalls: 7 } } } },
      { clock },
    );

    expect(Object.keys(registries)).toStrictEqual(order);
    expect(registries.bulkhead.getOrCreate('customer').config.maxConcurrentCalls).toBe(7);
    expect(registries.retry.names()).toStrictEqual([]);
  });

  it.each(['retry', 'hedge'] as const)('lets every %s draw on the same retry budgets', (kind) => {
    const registries = createRegistries({ retryBudget: { instances: { shared: {} } } }, { clock });

    registries[kind].getOrCreate('customer', { retryBudget: 'shared' });

    expect(registries.retryBudget.all().map(({ name }) => name)).toStrictEqual(['shared']);
  });

  it('refuses invalid definitions of any kind', () => {
    const create = () => createRegistries({ bulkhead: { instances: { customer: { maxConcurrentCalls: -1 } } } });

    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow('instances.customer.maxConcurrentCalls is -1');
  });
});

describe('The registries that an environment provides', () => {
  const registryOf = (kind: string) => `the registry of ${kind}`;

  it('are those of kinds further up the table that other kinds need', () => {
    expect(registriesInEnvironment('retry', registryOf)).toStrictEqual({
      retryBudgets: 'the registry of retryBudget',
    });
    expect(registriesInEnvironment('retryBudget', registryOf)).toStrictEqual({});
    expect(registriesInEnvironment('fallback', registryOf, policies.slice(1))).toStrictEqual({});
  });
});

describe('The token of a registry', () => {
  it('is one class for each kind, with a name for error messages', () => {
    expect(registryToken('bulkhead')).toBe(registryToken('bulkhead'));
    expect(registryToken('bulkhead')).not.toBe(registryToken('retry'));
    expect(registryToken('bulkhead').name).toBe('BulkheadRegistry');
    expect(registryToken('adaptiveConcurrencyLimiter').name).toBe('AdaptiveConcurrencyLimiterRegistry');
    expect(registryToken('bulkhead').prototype).toBeInstanceOf(Registry);
  });
});
