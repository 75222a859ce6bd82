import { callDurationMs } from '../expected-calls.ts';
import { figure, span } from '../figures.ts';
import type { Check } from '../finding.ts';

export const slowThresholdNeverReached = {
  code: 'slow-threshold-never-reached',
  title: 'Calls of the given latency are not slow',
  severity: 'info',
  doc: 'As it should be, if that is the latency of good days. If it is what you mean by slow, `slowCallDurationThreshold` is too high, perhaps because it was left at its default of a minute. Needs `--latency`.',
  run(instance, traffic) {
    const { circuitBreaker: config } = instance;
    const durationMs = callDurationMs(instance, traffic);
    if (config === undefined || durationMs === undefined) return undefined;
    const { slowCallDurationThreshold: threshold, slowCallRateThreshold } = config;
    if (durationMs > threshold) return undefined;
    return {
      message:
        `A call that takes ${span(durationMs)} is not slow: ${span(durationMs)} ≤ ${span(threshold)}. However many of them ` +
        `there are, the slow-call rate stays at 0 % and does not reach ${figure(slowCallRateThreshold)} %.`,
    };
  },
} as const satisfies Check;
