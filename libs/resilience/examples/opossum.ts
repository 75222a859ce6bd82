import { createRegistry } from '@breakwater/resilience';
import { opossumEngine } from '@breakwater/resilience/opossum';

export const registry = createRegistry(
  'circuitBreaker',
  { instances: { customer: { engine: 'opossum', slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 } } },
  { engines: { opossum: opossumEngine } },
);
