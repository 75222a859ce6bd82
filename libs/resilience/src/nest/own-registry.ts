import { Inject } from '@nestjs/common';
import { CircuitBreakerRegistry } from '../core/circuit-breaker/circuit-breaker.registry.ts';

/** Where an instance keeps the registry of its application. Nest shows this text when there is none. */
const ownRegistry = Symbol('CircuitBreakerRegistry of ResilienceModule.forRoot()');

interface Protected {
  [ownRegistry]?: CircuitBreakerRegistry;
}

/**
 * Makes Nest give the registry of its own application to each instance of the class and of its subclasses, in any scope:
 * a property injection as `@Inject(CircuitBreakerRegistry)` declares it. Declaring it again changes nothing.
 */
export function injectRegistry(prototype: object): void {
  Inject(CircuitBreakerRegistry)(prototype, ownRegistry);
}

/** The registry of the application that the instance belongs to; `undefined` when Nest did not make it. */
export function registryOf(instance: unknown): CircuitBreakerRegistry | undefined {
  return (instance as Protected | null | undefined)?.[ownRegistry];
}

/** Gives the registry to an instance that a factory made, since Nest injects no properties into those. */
export function giveRegistry(instance: object, registry: CircuitBreakerRegistry): void {
  (instance as Protected)[ownRegistry] = registry;
}
