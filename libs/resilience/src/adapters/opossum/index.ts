export { OpossumCircuitBreaker, opossumEngine } from './opossum-circuit-breaker.ts';
