import { Inject, type Provider, Scope } from '@nestjs/common';
import { type PolicyKind, type PolicyRegistry, registryToken } from '../core/policies.ts';

const injected = new Map<string, { readonly kind: PolicyKind; readonly name: string }>();

/** The token of the instance of this kind and name, to override it in a test. */
export function policyToken(kind: PolicyKind, name: string): string {
  return `${kind} '${name}'`;
}

/**
 * Injects the instance of this kind and name, as a constructor parameter or a property.
 *
 * @example
 * constructor(@InjectPolicy('circuitBreaker', 'customer') private readonly customer: CircuitBreaker) {}
 */
export function InjectPolicy(kind: PolicyKind, name: string): ParameterDecorator & PropertyDecorator {
  const token = policyToken(kind, name);
  injected.set(token, { kind, name });
  return Inject(token);
}

/**
 * A provider for each instance that a decorator injects. They are transient, so that an application creates only those that
 * its own classes inject; each provides the one instance of the registry.
 */
export function injectedPolicyProviders(): readonly Provider[] {
  return [...injected].map(([token, { kind, name }]) => ({
    provide: token,
    scope: Scope.TRANSIENT,
    inject: [registryToken(kind)],
    useFactory: (registry: PolicyRegistry<PolicyKind>) => registry.declare(name),
  }));
}
