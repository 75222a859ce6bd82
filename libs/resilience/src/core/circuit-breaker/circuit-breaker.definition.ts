import { definePolicy } from '../policy-definition.ts';
import { type AnyCircuitBreaker, type CircuitBreakerEngines, chosenEngine } from './circuit-breaker.contract.ts';
import { circuitBreakerOptions, type CircuitBreakerOptions } from './circuit-breaker.options.ts';
import { CircuitBreaker, type CircuitBreakerEnvironment } from './circuit-breaker.ts';

/** What the circuit breakers of a registry get in addition to their options. */
export interface CircuitBreakerRegistryEnvironment extends CircuitBreakerEnvironment {
  /** Engines that instances may choose with the option `engine`, in addition to the sliding window. None by default. */
  readonly engines?: CircuitBreakerEngines;
}

export const circuitBreakerDefinition = definePolicy({
  kind: 'circuitBreaker',
  label: 'CircuitBreaker',
  title: 'Circuit breaker',
  section: 'circuitbreaker',
  inPipeline: true,
  options: circuitBreakerOptions,
  fixedOptions: ['engine'],
  file: {
    aliases: {
      recordFailurePredicate: 'recordException',
      ignoreExceptionPredicate: 'ignoreException',
      recordResultPredicate: 'recordResult',
    },
    backoff: {
      wait: 'waitDurationInOpenState',
      functions: ['waitIntervalFunctionInOpenState'],
      maxWait: 'exponentialMaxWaitDurationInOpenState',
      mayCombine: false,
    },
    hasHealthIndicator: true,
    meaninglessOptions: ['slidingWindowSynchronizationStrategy', 'ignoreClassBindingExceptions'],
    meaninglessKeys: ['circuitBreakerAspectOrder', 'enabled', 'metrics', 'tags'],
  },
  resolve: (subject, options, { engines = {} }) => chosenEngine(subject, options, engines)?.resolve(subject, options),
  create: (
    name: string,
    options: CircuitBreakerOptions,
    environment: CircuitBreakerRegistryEnvironment,
  ): AnyCircuitBreaker =>
    chosenEngine(`CircuitBreaker '${name}'`, options, environment.engines ?? {})?.create(name, options) ??
    new CircuitBreaker(name, options, environment),
  dispose: (circuitBreaker) => circuitBreaker.dispose(),
});
