import type { CircuitBreakerWindowResponse } from '../../libs/resilience/src/nest/actuator/circuit-breaker-windows.controller.ts';
import type { Breaker } from './src/protocol/messages.ts';

/**
 * Compiles for as long as account tells of a circuit breaker what the page reads: the actuator is no part of a contract in
 * OpenAPI. Nobody calls it, and it is in no build.
 */
export const asThePageReadsIt = (told: CircuitBreakerWindowResponse): Breaker => told;
