import { count, figure, span } from '../figures.ts';
import type { Check } from '../finding.ts';
import { isAround } from '../instance.ts';
import { callsBeforeVerdict } from '../judged-calls.ts';
import { totalWaitMs } from '../retry-time.ts';

export const retryFillsWindow = {
  code: 'retry-fills-window',
  title: 'The attempts of a single caller are enough to open',
  severity: 'warning',
  doc: 'With the retry around the circuit breaker, the usual order, each attempt is a call of its own to the circuit breaker. When one call has as many attempts as the minimum number of calls, one request that cannot succeed opens it for everybody.',
  run(instance) {
    const { retry, circuitBreaker: config } = instance;
    if (retry === undefined || config === undefined || !isAround(instance, 'retry', 'circuitBreaker')) return undefined;
    const calls = callsBeforeVerdict(config);
    const isInTime =
      config.slidingWindowType === 'COUNT_BASED' || totalWaitMs(retry) < (config.slidingWindowSize - 1) * 1_000;
    if (retry.maxAttempts < calls || retry.maxAttempts === 1 || !isInTime) return undefined;
    return {
      message:
        `A call that fails is made ${retry.maxAttempts} times within ${span(totalWaitMs(retry))} of waits, and each attempt ` +
        `counts: ${retry.maxAttempts} ≥ ${count(calls, 'call')}, of which ${calls} / ${calls} = 100 % failed, so one caller ` +
        `reaches ${figure(config.failureRateThreshold)} % alone when nobody else calls. Set minimumNumberOfCalls well above maxAttempts.`,
    };
  },
} as const satisfies Check;
