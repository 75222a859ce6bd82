import { span } from '../figures.ts';
import type { Check } from '../finding.ts';
import { isAround } from '../instance.ts';
import { retryTime, totalWaitMs } from '../retry-time.ts';

export const retryInsideBreaker = {
  code: 'retry-inside-breaker',
  title: 'A retry inside the circuit breaker',
  severity: 'warning',
  doc: "The circuit breaker sees one call where the dependency saw several, and takes the waits between them for the dependency's slowness. It opens later, and each call that it lets through on trial is several. The usual order has the retry around it.",
  run(instance, traffic) {
    const { retry, circuitBreaker: config } = instance;
    if (retry === undefined || config === undefined || !isAround(instance, 'circuitBreaker', 'retry')) return undefined;
    const { maxAttempts } = retry;
    if (maxAttempts === 1) return undefined;
    const time = retryTime(instance, traffic);
    const durationMs = time?.totalMs ?? totalWaitMs(retry);
    const isSlow = durationMs > config.slowCallDurationThreshold;
    const trials = config.permittedNumberOfCallsInHalfOpenState;
    return {
      message:
        `The retry is inside the circuit breaker: ${maxAttempts} attempts count as one call of ` +
        `${time === undefined ? `at least ${span(durationMs)}` : time.sum}${isSlow ? `, which is slow (above ${span(config.slowCallDurationThreshold)})` : ''}, ` +
        `and HALF_OPEN makes up to ${trials} × ${maxAttempts} = ${trials * maxAttempts} calls on trial. Put the retry ` +
        'around the circuit breaker.',
    };
  },
} as const satisfies Check;
