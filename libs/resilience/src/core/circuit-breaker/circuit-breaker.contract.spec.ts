import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreakerEngine } from './circuit-breaker.contract.ts';
import { circuitBreakerOptions } from './circuit-breaker.options.ts';
import { createRegistry } from '../policies.ts';

/** An engine that rejects slowCallRateThreshold and marks the names of its circuit breakers. */
const engine: CircuitBreakerEngine = {
  create: (name, { engine: _engine, ...options }) => new CircuitBreaker(`${name} on an engine`, options),
  resolve: (subject, options) => {
    if (options.slowCallRateThreshold === undefined) return circuitBreakerOptions.resolve(subject, options);
    throw new InvalidOptionsError(subject, [{ option: 'slowCallRateThreshold', given: '50', allowed: 'nothing' }]);
  },
};

describe('The option engine of a circuit breaker', () => {
  it('is the sliding window by default', () => {
    const registry = createRegistry(
      'circuitBreaker',
      { instances: { customer: {}, ledger: { engine: 'sliding-window' } } },
      { engines: { opossum: engine } },
    );

    expect(registry.getOrCreate('customer')).toBeInstanceOf(CircuitBreaker);
    expect(registry.getOrCreate('customer').name).toBe('customer');
    expect(registry.getOrCreate('ledger').config.engine).toBe('sliding-window');
  });

  it('is chosen by an instance or by its base configuration', () => {
    const registry = createRegistry(
      'circuitBreaker',
      {
        configs: { onOpossum: { engine: 'opossum' } },
        instances: { customer: { engine: 'opossum' }, ledger: { baseConfig: 'onOpossum' }, other: {} },
      },
      { engines: { opossum: engine } },
    );

    expect(registry.getOrCreate('customer').name).toBe('customer on an engine');
    expect(registry.getOrCreate('ledger').name).toBe('ledger on an engine');
    expect(registry.getOrCreate('other').name).toBe('other');
  });

  it('lets the engine check the options of every instance when the registry is created', () => {
    const definitions = {
      instances: {
        customer: { engine: 'opossum', slowCallRateThreshold: 50 },
        ledger: { slowCallRateThreshold: 50 },
      },
    } as const;

    expect(() => createRegistry('circuitBreaker', definitions, { engines: { opossum: engine } })).toThrow(
      /has an invalid option:\n {2}- instances\.customer\.slowCallRateThreshold is 50/,
    );
  });

  it('must be registered, and the error explains how', () => {
    const definitions = { instances: { customer: { engine: 'opossum' } } } as const;

    expect(() => createRegistry('circuitBreaker', definitions)).toThrow(InvalidOptionsError);
    expect(() => createRegistry('circuitBreaker', definitions)).toThrow(
      "instances.customer.engine is 'opossum', which is not registered here; allowed: sliding-window, or opossum once " +
        'the package opossum is installed and the registry was given { engines: { opossum: opossumEngine } }, with ' +
        "opossumEngine from '@breakwater/resilience/opossum'",
    );
    expect(() => createRegistry('circuitBreaker').getOrCreate('customer', { engine: 'opossum' })).toThrow(
      /CircuitBreaker 'customer' has an invalid option:\n {2}- engine is 'opossum', which is not registered/,
    );
  });

  it('may be any engine that the application registers', () => {
    const registry = createRegistry(
      'circuitBreaker',
      { instances: { customer: { engine: 'in-house' } } },
      { engines: { 'in-house': engine } },
    );

    expect(registry.getOrCreate('customer').name).toBe('customer on an engine');
  });

  it('is refused when no engine of this name is registered, with the names of those that are', () => {
    const definitions = { instances: { customer: { engine: 'oposum' } } };

    expect(() => createRegistry('circuitBreaker', definitions, { engines: { opossum: engine } })).toThrow(
      /instances\.customer\.engine is 'oposum', which is not registered here; allowed: sliding-window, opossum$/m,
    );
  });

  it.each([7, '', 'Opossum'])('is refused when it is %j, which is no name of an engine', (value) => {
    const definitions = { instances: { customer: { engine: value as string } } };

    expect(() => createRegistry('circuitBreaker', definitions)).toThrow(
      /engine is .*; allowed: sliding-window or the name of a registered engine/,
    );
  });

  it('that is no name is one fault among those of the other options', () => {
    const options = { engine: 'Opossum', slidingWindowSize: 0 };

    expect(() => new CircuitBreaker('customer', options)).toThrow(
      /engine is 'Opossum'; allowed: sliding-window or the name[^]*slidingWindowSize is 0/,
    );
  });

  it('is never changed by reconfiguration', () => {
    const registry = createRegistry(
      'circuitBreaker',
      { instances: { customer: {} } },
      { engines: { opossum: engine } },
    );
    const customer = registry.getOrCreate('customer');

    const prepared = registry.prepareDefinitions({ instances: { customer: { engine: 'opossum' } } });
    prepared.apply();

    expect(prepared.instanceChanges).toMatchObject([{ name: 'customer', isApplicable: false }]);
    expect(registry.getOrCreate('customer')).toBe(customer);
    expect(customer.config.engine).toBe('sliding-window');
  });

  it('cannot be chosen without a registry', () => {
    expect(() => new CircuitBreaker('customer', { engine: 'opossum' })).toThrow(
      /^CircuitBreaker 'customer' has an invalid option:\n {2}- engine is 'opossum', which is not/,
    );
  });
});
