import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '@breakwater/system-runner';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { policiesFor } from './account-policies.ts';

const own = readFileSync(path.join(workspaceRoot, 'apps/account/resilience.yml'), 'utf8');
const policies = (...args: [Parameters<typeof policiesFor>[1], Parameters<typeof policiesFor>[2]]) =>
  parse(policiesFor(own, ...args)).resilience4j;

describe('policiesFor', () => {
  it("returns account's own configuration unchanged for sliding-window", () => {
    expect(policiesFor(own, 'sliding-window', 'as-configured')).toBe(own);
  });

  it('changes only the circuit breakers for opossum', () => {
    const { circuitbreaker, ...others } = policies('opossum', 'as-configured');
    const { circuitbreaker: _, ...ownOthers } = parse(own).resilience4j;

    expect(others).toEqual(ownOthers);
    const onOpossum = {
      engine: 'opossum',
      slidingWindowType: 'TIME_BASED',
      slidingWindowSize: 10,
      minimumNumberOfCalls: 10,
      failureRateThreshold: 50,
      waitDurationInOpenState: '10s',
    };
    expect(circuitbreaker.instances).toEqual({ customer: onOpossum, reconciliation: onOpossum });
  });

  it('changes only the circuit breakers for cockatiel, which keep their windows and trial calls', () => {
    const { circuitbreaker, ...others } = policies('cockatiel', 'as-configured');
    const { circuitbreaker: _, ...ownOthers } = parse(own).resilience4j;

    expect(others).toEqual(ownOthers);
    const onCockatiel = {
      engine: 'cockatiel',
      slidingWindowType: 'COUNT_BASED',
      slidingWindowSize: 10,
      minimumNumberOfCalls: 10,
      failureRateThreshold: 50,
      waitDurationInOpenState: '10s',
      permittedNumberOfCallsInHalfOpenState: 3,
    };
    expect(circuitbreaker.instances).toEqual({ customer: onCockatiel, reconciliation: onCockatiel });
    expect(circuitbreaker.configs.default).toEqual({});
  });

  it('changes only the state of the circuit breakers for the engine disabled', () => {
    const expected = parse(own).resilience4j;
    for (const instance of Object.values<Record<string, unknown>>(expected.circuitbreaker.instances))
      instance['initialState'] = 'DISABLED';

    expect(policies('disabled', 'as-configured')).toEqual(expected);
  });

  it.each(['opossum-tuned', 'cockatiel-tuned'] as const)(
    'leaves time and concurrent calls to the library for %s, and keeps all other policies',
    (engine) => {
      const { circuitbreaker, pipelines, ...others } = policies(engine, 'as-configured');
      const { circuitbreaker: _breakers, pipelines: ownPipelines, ...ownOthers } = parse(own).resilience4j;

      expect(others).toEqual(ownOthers);
      expect(pipelines).toEqual({
        ...ownPipelines,
        customer: ['cachedFallback', 'retry', 'circuitBreaker', 'endpointPool'],
        'customer-reconciliation': ['circuitBreaker:reconciliation', 'endpointPool:customer'],
      });
      expect(circuitbreaker.instances).toMatchObject({
        customer: { engine, waitDurationInOpenState: '10s' },
        reconciliation: { engine, waitDurationInOpenState: '10s' },
      });
    },
  );

  it('makes every policy ineffective for the engine none', () => {
    const { circuitbreaker, timelimiter, bulkhead, retry, cachedfallback, endpointpool } = policies(
      'none',
      'as-configured',
    );

    for (const name of ['customer', 'reconciliation'])
      expect(circuitbreaker.instances[name].initialState).toBe('DISABLED');
    expect(timelimiter.instances.customer.timeoutDuration).toBe('60s');
    expect(bulkhead.instances.customer.maxConcurrentCalls).toBe(100_000);
    expect(retry.instances.customer.maxAttempts).toBe(1);
    expect(cachedfallback.instances.customer.staleLimit).toBe('1ms');
    expect(endpointpool.instances.customer.outlierDetectionEnabled).toBe(false);
  });

  it('changes only the choice of replicas for the control arm of one bad replica', () => {
    const { endpointpool, ...others } = policies('sliding-window', 'round-robin-without-ejection');
    const { endpointpool: ownPool, ...ownOthers } = parse(own).resilience4j;

    expect(others).toEqual(ownOthers);
    expect(endpointpool.instances.customer).toEqual({
      ...ownPool.instances.customer,
      loadBalancing: 'ROUND_ROBIN',
      outlierDetectionEnabled: false,
    });
  });

  it('uses no stale value with a cold cache, and changes nothing else', () => {
    const { cachedfallback, ...others } = policies('sliding-window', 'cold-cache');
    const { cachedfallback: ownFallback, ...ownOthers } = parse(own).resilience4j;

    expect(others).toEqual(ownOthers);
    expect(cachedfallback.instances.customer).toEqual({ ...ownFallback.instances.customer, staleLimit: '1ms' });
  });

  it('allows three attempts of a second in both retry variants, which differ in the budget alone', () => {
    const without = policies('sliding-window', 'retries-without-budget');
    const within = policies('sliding-window', 'retries-within-budget');
    const { retryBudget: _budget, ...retry } = within.retry.instances.customer;

    expect(within).toEqual({ ...without, retry: { instances: { customer: { ...retry, retryBudget: 'customer' } } } });
    expect(without.retry.instances.customer).toEqual(retry);
    expect(retry.maxAttempts).toBe(3);
    expect(without.timelimiter.instances.customer.timeoutDuration).toBe('1000ms');
    expect(without.circuitbreaker.instances.customer.initialState).toBe('DISABLED');
  });
});
