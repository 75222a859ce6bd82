import { span } from '../figures.ts';
import type { Check } from '../finding.ts';
import { isAround } from '../instance.ts';

export const timeLimiterOutsideBreaker = {
  code: 'time-limiter-outside-breaker',
  title: 'A timeout around the circuit breaker, which therefore never sees one',
  severity: 'error',
  doc: 'A time limiter around the circuit breaker ends a call by aborting it. To the circuit breaker that is a caller who gave up, which is no evidence against the dependency: one that hangs never opens it. Only reported with `cancelRunningFuture`, the default.',
  run(instance) {
    const { timeLimiter } = instance;
    if (timeLimiter?.cancelRunningFuture !== true || !isAround(instance, 'timeLimiter', 'circuitBreaker'))
      return undefined;
    return {
      message:
        `The time limiter is around the circuit breaker: a call that is not back after ${span(timeLimiter.timeoutDuration)} ` +
        'is aborted, which looks to the circuit breaker like a caller who gave up and counts for nothing. However many ' +
        'calls time out, the failure rate is 0 / 0. Put the time limiter inside the circuit breaker.',
    };
  },
} as const satisfies Check;
