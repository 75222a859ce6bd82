import { CircuitBreakerRegistry } from '@breakwater/resilience';
import { opossumEngine } from '@breakwater/resilience/opossum';

export const registry = new CircuitBreakerRegistry(
  { instances: { customer: { engine: 'opossum', slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 } } },
  { engines: { opossum: opossumEngine } },
);
