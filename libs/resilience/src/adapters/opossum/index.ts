export { opossumEngine } from './opossum.engine.ts';
export { OpossumCircuitBreaker } from './opossum-circuit-breaker.ts';
