import { callDurationMs, callsInTimeWindow } from '../expected-calls.ts';
import { count, figure, span } from '../figures.ts';
import type { Check } from '../finding.ts';
import { callsBeforeVerdict } from '../judged-calls.ts';

export const slowThresholdBelowLatency = {
  code: 'slow-threshold-below-latency',
  title: 'Every call of the given latency is slow, so that the circuit breaker opens although nothing fails',
  severity: 'warning',
  doc: 'As it should be, if that is the latency of an outage. If it is the usual one, the circuit breaker keeps opening on a dependency that is well. Not reported when the window never holds enough calls to notice (`minimum-never-reached`). Needs `--latency`.',
  run(instance, traffic) {
    const { circuitBreaker: config } = instance;
    const durationMs = callDurationMs(instance, traffic);
    if (config === undefined || durationMs === undefined) return undefined;
    const { slowCallDurationThreshold: threshold, slowCallRateThreshold } = config;
    if (durationMs <= threshold) return undefined;
    const calls = callsBeforeVerdict(config);
    const isTimeBased = config.slidingWindowType === 'TIME_BASED';
    const expected = isTimeBased ? callsInTimeWindow(config.slidingWindowSize, instance, traffic) : undefined;
    if (expected !== undefined && expected.most < calls) return undefined;
    return {
      message:
        `Every call takes ${span(durationMs)} and is slow (above ${span(threshold)}): after ${count(calls, 'call')} the ` +
        `slow-call rate is ${calls} / ${calls} = 100 % and reaches ${figure(slowCallRateThreshold)} %, although nothing ` +
        'failed. If that is the usual latency, raise slowCallDurationThreshold.',
    };
  },
} as const satisfies Check;
