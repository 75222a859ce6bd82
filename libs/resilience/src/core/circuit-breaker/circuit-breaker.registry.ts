import { systemClock } from '../clock.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { CircuitBreaker, type CircuitBreakerEnvironment } from './circuit-breaker.ts';
import {
  type CircuitBreakerOptions,
  mergeCircuitBreakerOptions,
  resolveCircuitBreakerOptions,
} from './circuit-breaker.options.ts';

/** The circuit breakers of an application, one for each dependency. */
export class CircuitBreakerRegistry extends Registry<CircuitBreaker, CircuitBreakerOptions> {
  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where time and chance come from
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(
    definitions: RegistryDefinitions<CircuitBreakerOptions> = {},
    environment: CircuitBreakerEnvironment = {},
  ) {
    super(
      {
        label: 'CircuitBreaker',
        clock: environment.clock ?? systemClock,
        create: (name, options) => new CircuitBreaker(name, options, environment),
        merge: mergeCircuitBreakerOptions,
        check: (subject, options) => void resolveCircuitBreakerOptions(subject, options),
        dispose: (circuitBreaker) => circuitBreaker.dispose(),
      },
      definitions,
    );
  }

  /** The circuit breaker of this name, made at the first call. See `getOrCreate`. */
  circuitBreaker(name: string, given?: Definition<CircuitBreakerOptions> | string): CircuitBreaker {
    return this.getOrCreate(name, given);
  }
}
