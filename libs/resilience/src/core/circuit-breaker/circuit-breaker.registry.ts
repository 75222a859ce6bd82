import { systemClock } from '../clock.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { CircuitBreaker, type CircuitBreakerEnvironment } from './circuit-breaker.ts';
import { type AnyCircuitBreaker, chosenEngine, type CircuitBreakerEngines } from './circuit-breaker.contract.ts';
import {
  type CircuitBreakerOptions,
  mergeCircuitBreakerOptions,
  resolveCircuitBreakerOptions,
} from './circuit-breaker.options.ts';

/** Where the circuit breakers of a registry take time and chance from, and what they may run on. */
export interface CircuitBreakerRegistryEnvironment extends CircuitBreakerEnvironment {
  /** What instances may choose by their `engine` besides the sliding window. Nothing by default. */
  readonly engines?: CircuitBreakerEngines;
}

/** The circuit breakers of an application, one for each dependency. */
export class CircuitBreakerRegistry extends Registry<AnyCircuitBreaker, CircuitBreakerOptions> {
  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where time, chance and engines come from
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(
    definitions: RegistryDefinitions<CircuitBreakerOptions> = {},
    environment: CircuitBreakerRegistryEnvironment = {},
  ) {
    const { engines = {} } = environment;
    super(
      {
        label: 'CircuitBreaker',
        clock: environment.clock ?? systemClock,
        fixedOptions: ['engine'],
        create: (name, options) =>
          chosenEngine(`CircuitBreaker '${name}'`, options, engines)?.create(name, options) ??
          new CircuitBreaker(name, options, environment),
        merge: mergeCircuitBreakerOptions,
        resolve: (subject, options) =>
          chosenEngine(subject, options, engines)?.resolve(subject, options) ??
          resolveCircuitBreakerOptions(subject, options),
        dispose: (circuitBreaker) => circuitBreaker.dispose(),
      },
      definitions,
    );
  }

  /** The circuit breaker of this name, made at the first call. See `getOrCreate`. */
  circuitBreaker(name: string, given?: Definition<CircuitBreakerOptions> | string): AnyCircuitBreaker {
    return this.getOrCreate(name, given);
  }
}
