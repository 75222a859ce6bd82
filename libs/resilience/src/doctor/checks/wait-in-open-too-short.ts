import { span } from '../figures.ts';
import type { Check } from '../finding.ts';
import { openWaitMs } from '../open-wait.ts';

const shortestMs = 1_000;

export const waitInOpenTooShort = {
  code: 'wait-in-open-too-short',
  title: 'A wait in OPEN of less than a second',
  severity: 'warning',
  doc: 'OPEN is there to give the dependency time. With next to none, the circuit breaker tries again and again while the dependency is still down, and protects hardly anybody.',
  run({ circuitBreaker }) {
    if (circuitBreaker === undefined) return undefined;
    const waitMs = openWaitMs(circuitBreaker);
    if (waitMs >= shortestMs) return undefined;
    const trials = circuitBreaker.permittedNumberOfCallsInHalfOpenState;
    return {
      message:
        `OPEN lasts ${span(waitMs)}, then up to ${trials} calls are on trial again: up to ${trials} × 60 s / ` +
        `${span(waitMs)} = ${Math.floor((trials * 60_000) / Math.max(waitMs, 1))} a minute while the dependency is down. ` +
        'Set waitDurationInOpenState to seconds.',
    };
  },
} as const satisfies Check;
