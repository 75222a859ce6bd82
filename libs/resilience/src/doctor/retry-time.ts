import { count, span } from './figures.ts';
import { type Instance, isAround } from './instance.ts';
import type { RetryConfig } from '../core/retry/retry.options.ts';
import type { Traffic } from './traffic.ts';

/** Waits beyond these are taken to be as long as the last of them. */
const mostWaitsAsked = 1_000;

/** How long a call takes when every attempt takes as long as it may. */
export interface RetryTime {
  readonly attemptMs: number;
  readonly waitsMs: number;
  readonly totalMs: number;
  /** `3 attempts × 1 s + 1 s of waits = 4 s`. */
  readonly sum: string;
}

/** All waits of a call that fails at every attempt, in milliseconds; those of a randomized function are one drawing of it. */
export function totalWaitMs(config: RetryConfig): number {
  const waits = config.maxAttempts - 1;
  if (config.waitDuration !== undefined) return waits * config.waitDuration;
  let totalMs = 0;
  let lastMs = 0;
  for (let attempt = 1; attempt <= Math.min(waits, mostWaitsAsked); attempt++) {
    lastMs = waitAfter(config, attempt);
    totalMs += lastMs;
  }
  return totalMs + Math.max(0, waits - mostWaitsAsked) * lastMs;
}

/** `undefined` when it is not known how long an attempt may take: there is no time limiter inside, and no latency given. */
export function retryTime(instance: Instance, { latencyMs }: Traffic): RetryTime | undefined {
  const { retry, timeLimiter } = instance;
  const limitMs = isAround(instance, 'retry', 'timeLimiter') ? timeLimiter?.timeoutDuration : undefined;
  const attemptMs = limitMs ?? latencyMs;
  if (retry === undefined || attemptMs === undefined) return undefined;
  const waitsMs = totalWaitMs(retry);
  const totalMs = retry.maxAttempts * attemptMs + waitsMs;
  const attempts = `${count(retry.maxAttempts, 'attempt')} × ${span(attemptMs)}`;
  return { attemptMs, waitsMs, totalMs, sum: `${attempts} + ${span(waitsMs)} of waits = ${span(totalMs)}` };
}

function waitAfter({ intervalFunction, intervalBiFunction }: RetryConfig, attempt: number): number {
  try {
    const outcome = { error: new Error('what the doctor asks an interval function with') };
    const waitMs = intervalBiFunction?.(attempt, outcome) ?? intervalFunction?.(attempt) ?? 0;
    return waitMs > 0 ? waitMs : 0;
  } catch {
    // A function of the application's may not understand our error. Then nothing is known of its waits.
    return 0;
  }
}
