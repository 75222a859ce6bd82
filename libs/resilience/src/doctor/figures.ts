import { type CircuitBreakerConfig, defaultWaitInOpenMs } from '../core/circuit-breaker/circuit-breaker.options.ts';
import type { RetryConfig } from '../core/retry/retry.options.ts';
import { isWait } from '../core/user-function.ts';
import { type Instance, isAround } from './instance.ts';
import type { Traffic } from './traffic.ts';

/** A number with at most three decimals. */
export function figure(value: number): string {
  return String(Math.round(value * 1_000) / 1_000);
}

/** A duration in an equation: exact to the millisecond, in one unit, so that a reader can check the sum. */
export function span(durationMs: number): string {
  if (durationMs === 0) return '0 s';
  if (durationMs < 0.001) return `${Math.round(durationMs * 1e6)} ns`;
  return durationMs < 1_000 ? `${figure(durationMs)} ms` : `${figure(durationMs / 1_000)} s`;
}

/** `1 call`, `2 calls`. */
export function count(number: number, noun: string): string {
  return `${figure(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** `0.5 calls/s`. */
export function perSecond(rate: number): string {
  return `${figure(rate)} calls/s`;
}

/** Rounding errors of a division must not add or remove a call. */
const tolerance = 1e-9;

/** Rounds up to a whole number; 3.0000000000000004 is 3. */
export function ceiling(value: number): number {
  return Math.ceil(value - tolerance);
}

/** Rounds down to a whole number; 2.9999999999999996 is 3. */
export function floor(value: number): number {
  return Math.floor(value + tolerance);
}

/** The number of calls in the window from which on CLOSED evaluates the rates. */
export function callsBeforeEvaluation(config: CircuitBreakerConfig): number {
  const { slidingWindowType, slidingWindowSize, minimumNumberOfCalls } = config;
  return slidingWindowType === 'COUNT_BASED' ? Math.min(minimumNumberOfCalls, slidingWindowSize) : minimumNumberOfCalls;
}

/** The number of trial calls that must have ended before HALF_OPEN evaluates the rates. */
export function trialCallsBeforeEvaluation(config: CircuitBreakerConfig): number {
  return Math.min(config.minimumNumberOfCalls, config.permittedNumberOfCallsInHalfOpenState);
}

/** How many of `calls` reach a threshold. In 32-bit arithmetic, as the circuit breaker computes. */
export function callsThatReach(thresholdPercent: number, calls: number): number {
  const threshold = Math.fround(thresholdPercent);
  let reaching = Math.max(1, Math.floor((thresholdPercent / 100) * calls) - 1);
  while (reaching < calls && Math.fround(Math.fround(reaching * 100) / Math.fround(calls)) < threshold) reaching++;
  return reaching;
}

/** Whether an option for slow calls differs from its default. */
export function hasSlowCallOptions(config: CircuitBreakerConfig): boolean {
  return config.slowCallDurationThreshold !== 60_000 || config.slowCallRateThreshold !== 100;
}

/** The first duration of OPEN in milliseconds; for a randomized wait, one sample. */
export function openWaitMs(config: CircuitBreakerConfig): number {
  const { waitIntervalFunctionInOpenState: waitAfterOpening, waitDurationInOpenState = defaultWaitInOpenMs } = config;
  try {
    const waitMs = waitAfterOpening?.(1);
    return isWait(waitMs) ? waitMs : waitDurationInOpenState;
  } catch {
    return waitDurationInOpenState;
  }
}

/** Waits after this many attempts are assumed to be as long as the last one computed. */
const mostWaitsComputed = 1_000;

/** All waits of a call whose attempts all fail, in milliseconds; for a randomized function, one sample. */
export function totalWaitMs(config: RetryConfig): number {
  const waits = config.maxAttempts - 1;
  if (config.waitDuration !== undefined) return waits * config.waitDuration;
  let totalMs = 0;
  let lastMs = 0;
  for (let attempt = 1; attempt <= Math.min(waits, mostWaitsComputed); attempt++) {
    lastMs = waitAfter(config, attempt);
    totalMs += lastMs;
  }
  return totalMs + Math.max(0, waits - mostWaitsComputed) * lastMs;
}

function waitAfter({ intervalFunction, intervalBiFunction }: RetryConfig, attempt: number): number {
  try {
    const outcome = { error: new Error('A sample error, from which the doctor computes the waits of a retry.') };
    const waitMs = intervalBiFunction?.(attempt, outcome) ?? intervalFunction?.(attempt) ?? 0;
    return isWait(waitMs) ? waitMs : 0;
  } catch {
    // The application's function may not support our error. Then its waits are unknown.
    return 0;
  }
}

/** How long a call lasts if every attempt takes its maximum time. */
export interface RetryTime {
  readonly totalMs: number;
  /** `3 attempts × 1 s + 1 s of waits = 4 s`. */
  readonly sum: string;
}

/**
 * `undefined` if the duration of an attempt is unknown: without a time limiter inside the retry and without a latency.
 */
export function retryTime(instance: Instance, { latencyMs }: Traffic): RetryTime | undefined {
  const { retry, timeLimiter, deadline } = instance;
  const limitMs = isAround(instance, 'retry', 'timeLimiter') ? timeLimiter?.timeoutDuration : undefined;
  const attemptMs = limitMs ?? latencyMs;
  if (retry === undefined || attemptMs === undefined) return undefined;
  const waitsMs = totalWaitMs(retry);
  const totalMs = retry.maxAttempts * attemptMs + waitsMs;
  const attempts = `${count(retry.maxAttempts, 'attempt')} × ${span(attemptMs)}`;
  const sum = `${attempts} + ${span(waitsMs)} of waits = ${span(totalMs)}`;
  const isCut = isAround(instance, 'deadline', 'retry') && deadline !== undefined && deadline.timeoutDuration < totalMs;
  return isCut
    ? {
        totalMs: deadline.timeoutDuration,
        sum: `${sum}, which the total deadline limits to ${span(deadline.timeoutDuration)}`,
      }
    : { totalMs, sum };
}
