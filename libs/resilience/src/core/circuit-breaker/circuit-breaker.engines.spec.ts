import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreakerEngine } from './circuit-breaker.contract.ts';
import { type CircuitBreakerEngineName, resolveCircuitBreakerOptions } from './circuit-breaker.options.ts';
import { CircuitBreakerRegistry } from './circuit-breaker.registry.ts';

/** An engine that takes no slow-call rate, and whose circuit breakers are easily told from others. */
const engine: CircuitBreakerEngine = {
  create: (name, { engine: _engine, ...options }) => new CircuitBreaker(`${name} on an engine`, options),
  resolve: (subject, options) => {
    if (options.slowCallRateThreshold === undefined) return resolveCircuitBreakerOptions(subject, options);
    throw new InvalidOptionsError(subject, [{ option: 'slowCallRateThreshold', given: '50', allowed: 'nothing' }]);
  },
};

describe('The engine of a circuit breaker', () => {
  it('is the sliding window unless another is chosen', () => {
    const registry = new CircuitBreakerRegistry(
      { instances: { customer: {}, ledger: { engine: 'sliding-window' } } },
      { engines: { opossum: engine } },
    );

    expect(registry.circuitBreaker('customer')).toBeInstanceOf(CircuitBreaker);
    expect(registry.circuitBreaker('customer').name).toBe('customer');
    expect(registry.circuitBreaker('ledger').config.engine).toBe('sliding-window');
  });

  it('is chosen by an instance, or by the configuration that it builds on', () => {
    const registry = new CircuitBreakerRegistry(
      {
        configs: { theirs: { engine: 'opossum' } },
        instances: { customer: { engine: 'opossum' }, ledger: { baseConfig: 'theirs' }, other: {} },
      },
      { engines: { opossum: engine } },
    );

    expect(registry.circuitBreaker('customer').name).toBe('customer on an engine');
    expect(registry.circuitBreaker('ledger').name).toBe('ledger on an engine');
    expect(registry.circuitBreaker('other').name).toBe('other');
  });

  it('checks its options at the start, used or not', () => {
    const definitions = {
      instances: {
        customer: { engine: 'opossum', slowCallRateThreshold: 50 },
        ledger: { slowCallRateThreshold: 50 },
      },
    } as const;

    expect(() => new CircuitBreakerRegistry(definitions, { engines: { opossum: engine } })).toThrow(
      /has an invalid option:\n {2}- instances\.customer\.slowCallRateThreshold is 50/,
    );
  });

  it('must be registered, and the error at the start says how', () => {
    const definitions = { instances: { customer: { engine: 'opossum' } } } as const;

    expect(() => new CircuitBreakerRegistry(definitions)).toThrow(InvalidOptionsError);
    expect(() => new CircuitBreakerRegistry(definitions)).toThrow(
      "instances.customer.engine is 'opossum', which is not registered here; allowed: sliding-window, or opossum once " +
        'the package opossum is installed and the registry was given { engines: { opossum: opossumEngine } }, with ' +
        "opossumEngine from '@breakwater/resilience/opossum'",
    );
    expect(() => new CircuitBreakerRegistry().circuitBreaker('customer', { engine: 'opossum' })).toThrow(
      /CircuitBreaker 'customer' has an invalid option:\n {2}- engine is 'opossum', which is not registered/,
    );
  });

  it('must be one that there is', () => {
    const definitions = { instances: { customer: { engine: 'cockatiel' as CircuitBreakerEngineName } } };

    expect(() => new CircuitBreakerRegistry(definitions)).toThrow(
      "instances.customer.engine is 'cockatiel'; allowed: one of sliding-window, opossum",
    );
  });

  it('stays what it is for as long as the circuit breaker lives', () => {
    const registry = new CircuitBreakerRegistry({ instances: { customer: {} } }, { engines: { opossum: engine } });
    const customer = registry.circuitBreaker('customer');

    const prepared = registry.prepareDefinitions({ instances: { customer: { engine: 'opossum' } } });
    prepared.apply();

    expect(prepared.instanceChanges).toMatchObject([{ name: 'customer', isApplicable: false }]);
    expect(registry.circuitBreaker('customer')).toBe(customer);
    expect(customer.config.engine).toBe('sliding-window');
  });

  it('cannot be chosen where there is no registry', () => {
    expect(() => new CircuitBreaker('customer', { engine: 'opossum' })).toThrow(/engine is 'opossum', which is not/);
  });
});
