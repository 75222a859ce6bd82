import { span } from '../figures.ts';
import type { Check } from '../finding.ts';

export const timeoutBelowLatency = {
  code: 'timeout-below-latency',
  title: 'A timeout that every call of the given latency runs into',
  severity: 'error',
  doc: 'No call ends in time. Needs `--latency`.',
  run({ timeLimiter }, { latencyMs }) {
    if (timeLimiter === undefined || latencyMs === undefined || latencyMs <= timeLimiter.timeoutDuration)
      return undefined;
    const { timeoutDuration } = timeLimiter;
    return {
      message:
        `A call takes ${span(latencyMs)}, and timeoutDuration ends it after ${span(timeoutDuration)}: ` +
        `${span(latencyMs)} > ${span(timeoutDuration)}, so every call times out. Raise timeoutDuration above the latency.`,
    };
  },
} as const satisfies Check;
