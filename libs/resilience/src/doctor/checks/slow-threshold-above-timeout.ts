import { span } from '../figures.ts';
import type { Check, Verdict } from '../finding.ts';
import { isAround } from '../instance.ts';
import { looksAtSlowCalls } from '../judged-calls.ts';

export const slowThresholdAboveTimeout = {
  code: 'slow-threshold-above-timeout',
  title: 'A slow-call threshold that the timeout always comes before',
  severity: 'error',
  doc: 'No call lasts longer than the time limiter inside the circuit breaker allows, so with `slowCallDurationThreshold` at or above `timeoutDuration` no call is ever slow: those that are not quick end as failures. Only `info` where slow calls are left at their defaults and nobody has said what slow is; only a `warning` where waiting for a rate limiter inside the circuit breaker can make a call that slow. Not reported when a retry is inside the circuit breaker, whose attempts add up.',
  run(instance): Verdict | undefined {
    const { circuitBreaker: config, timeLimiter, rateLimiter } = instance;
    if (config === undefined || timeLimiter === undefined) return undefined;
    const { slowCallDurationThreshold: threshold } = config;
    const { timeoutDuration } = timeLimiter;
    if (!isAround(instance, 'circuitBreaker', 'timeLimiter') || threshold < timeoutDuration) return undefined;
    if (isAround(instance, 'circuitBreaker', 'retry')) return undefined;
    const isMeant = looksAtSlowCalls(config);
    const isWaitOutside =
      isAround(instance, 'circuitBreaker', 'rateLimiter') && isAround(instance, 'rateLimiter', 'timeLimiter');
    const waitMs = isWaitOutside ? (rateLimiter?.timeoutDuration ?? 0) : 0;
    const byWaiting = timeoutDuration + waitMs > threshold;
    const exception = byWaiting
      ? ` (unless it has waited for the rate limiter as well: up to ${span(timeoutDuration)} + ${span(waitMs)} = ${span(timeoutDuration + waitMs)})`
      : '';
    const advice = isMeant
      ? `Set slowCallDurationThreshold below ${span(timeoutDuration)}.`
      : 'Nothing was said about slow calls; if late answers hurt, set slowCallDurationThreshold below the timeout.';
    return {
      severity: slowSeverity(isMeant, byWaiting),
      message:
        `A call is slow above ${span(threshold)}, but the time limiter ends it after ${span(timeoutDuration)}: ` +
        `${span(timeoutDuration)} ≤ ${span(threshold)}, so no call is ever slow${exception}. ${advice}`,
    };
  },
} as const satisfies Check;

function slowSeverity(isMeant: boolean, byWaiting: boolean): 'error' | 'warning' | 'info' {
  if (!isMeant) return 'info';
  return byWaiting ? 'warning' : 'error';
}
