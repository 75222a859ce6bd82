import type { CircuitBreakerConfig } from '../core/circuit-breaker/circuit-breaker.options.ts';

/** How many calls the window must hold before CLOSED judges it. */
export function callsBeforeVerdict(config: CircuitBreakerConfig): number {
  const { slidingWindowType, slidingWindowSize, minimumNumberOfCalls } = config;
  return slidingWindowType === 'COUNT_BASED' ? Math.min(minimumNumberOfCalls, slidingWindowSize) : minimumNumberOfCalls;
}

/** How many calls on trial must have ended before HALF_OPEN is judged. */
export function callsBeforeHalfOpenVerdict(config: CircuitBreakerConfig): number {
  return Math.min(config.minimumNumberOfCalls, config.permittedNumberOfCallsInHalfOpenState);
}

/** Of so many calls, how many reach a threshold. In 32-bit arithmetic, as the circuit breaker computes. */
export function callsThatReach(thresholdPercent: number, calls: number): number {
  const threshold = Math.fround(thresholdPercent);
  let reaching = Math.max(1, Math.floor((thresholdPercent / 100) * calls) - 1);
  while (reaching < calls && Math.fround(Math.fround(reaching * 100) / Math.fround(calls)) < threshold) reaching++;
  return reaching;
}

/** Whether anybody has said what is slow; the default of a minute means that nobody has. */
export function looksAtSlowCalls(config: CircuitBreakerConfig): boolean {
  return config.slowCallDurationThreshold !== defaultSlowCallMs || config.slowCallRateThreshold !== defaultSlowCallRate;
}

const defaultSlowCallMs = 60_000;
const defaultSlowCallRate = 100;
