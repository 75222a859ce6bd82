import type { CircuitBreakerEngine } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import { OpossumCircuitBreaker } from './opossum-circuit-breaker.ts';
import { resolveOpossumOptions } from './opossum.options.ts';

/**
 * Lets instances run on opossum by `engine: opossum`.
 *
 * @example
 * const registry = new CircuitBreakerRegistry(
 *   { instances: { customer: { engine: 'opossum', failureRateThreshold: 60 } } },
 *   { engines: { opossum: opossumEngine } },
 * );
 */
export const opossumEngine: CircuitBreakerEngine = {
  create: (name, options) => new OpossumCircuitBreaker(name, options),
  resolve: resolveOpossumOptions,
};
