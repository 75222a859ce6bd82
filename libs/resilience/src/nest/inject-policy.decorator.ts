import { Inject, type Provider, Scope } from '@nestjs/common';
import { registryToken, type PolicyRegistry } from '../core/policies.ts';

const injectedNames = new Set<string>();

/** The token under which the circuit breaker of this name is injected, for those who want to override it in a test. */
export function circuitBreakerToken(name: string): string {
  return `CircuitBreaker '${name}'`;
}

/**
 * Injects the circuit breaker of this name, as a constructor parameter or a property.
 *
 * @example
 * constructor(@InjectCircuitBreaker('customer') private readonly customer: CircuitBreaker) {}
 */
export function InjectCircuitBreaker(name: string): ParameterDecorator & PropertyDecorator {
  injectedNames.add(name);
  return Inject(circuitBreakerToken(name));
}

/**
 * A provider for each name that a decorator has asked for. Transient, so that an application makes only those that its
 * own classes ask for; it is the registry's one instance all the same.
 */
export function injectedCircuitBreakerProviders(): readonly Provider[] {
  return [...injectedNames].map((name) => ({
    provide: circuitBreakerToken(name),
    scope: Scope.TRANSIENT,
    inject: [registryToken('circuitBreaker')],
    useFactory: (registry: PolicyRegistry<'circuitBreaker'>) => registry.getOrCreate(name),
  }));
}
