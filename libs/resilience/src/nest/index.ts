export type { CircuitBreakerDecoratorOptions } from './circuit-breaker.decorator.ts';
export { CircuitBreaker } from './circuit-breaker.decorator.ts';
export type { FallbackForErrors, FallbackMethod } from './fallback.ts';
export { circuitBreakerToken, InjectCircuitBreaker } from './inject-circuit-breaker.decorator.ts';
export { ResilienceModule } from './resilience.module.ts';
export type { ResilienceModuleAsyncOptions, ResilienceModuleOptions } from './resilience.options.ts';
