import type { CircuitBreakerConfig } from '../core/circuit-breaker/circuit-breaker.options.ts';

/** How long OPEN lasts the first time, in milliseconds; a randomized wait is one drawing of it. */
export function openWaitMs(config: CircuitBreakerConfig): number {
  const waitMs = config.waitIntervalFunctionInOpenState?.(1) ?? config.waitDurationInOpenState ?? 0;
  return waitMs >= 0 ? waitMs : 0;
}
