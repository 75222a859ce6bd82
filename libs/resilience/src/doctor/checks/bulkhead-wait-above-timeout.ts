import { span } from '../figures.ts';
import type { Check } from '../finding.ts';
import { isAround } from '../instance.ts';

export const bulkheadWaitAboveTimeout = {
  code: 'bulkhead-wait-above-timeout',
  title: 'A wait for a place in the bulkhead that the timeout always ends first',
  severity: 'warning',
  doc: 'Inside the time limiter the wait for a place uses up the time of the call. A call that should be refused because the bulkhead is full times out instead, and a timeout counts as a failure of the dependency where a refusal does not: our own jam opens the circuit breaker.',
  run(instance) {
    const { bulkhead, timeLimiter } = instance;
    if (bulkhead === undefined || timeLimiter === undefined) return undefined;
    const { maxWaitDuration } = bulkhead;
    const { timeoutDuration } = timeLimiter;
    if (!isAround(instance, 'timeLimiter', 'bulkhead') || maxWaitDuration < timeoutDuration) return undefined;
    return {
      message:
        `A call may wait ${span(maxWaitDuration)} for a place, but has ${span(timeoutDuration)} in all: ` +
        `${span(maxWaitDuration)} ≥ ${span(timeoutDuration)}, so it times out while it waits, which counts as a failure of ` +
        'the dependency. Set maxWaitDuration well below timeoutDuration.',
    };
  },
} as const satisfies Check;
