import { callsInTimeWindow, callsPerSecond } from '../expected-calls.ts';
import { count, figure, perSecond, span } from '../figures.ts';
import type { Check } from '../finding.ts';
import { callsThatReach } from '../judged-calls.ts';

const latestSeconds = 60;

export const opensLate = {
  code: 'opens-late',
  title: 'A window so large that an outage shows in it only after a minute',
  severity: 'warning',
  doc: 'A window that is full of good calls must fill with bad ones up to the threshold before the circuit breaker opens, and it forgets them as slowly. A count window needs that share of its calls, which takes longer the fewer come; a time window that share of its seconds. Reported from one minute of total outage on. A count window needs `--rate`, or `--latency` with `--concurrency`.',
  run(instance, traffic) {
    const { circuitBreaker: config } = instance;
    if (config === undefined) return undefined;
    const { failureRateThreshold: threshold, slidingWindowSize: size } = config;
    if (config.slidingWindowType === 'TIME_BASED') {
      const expected = callsInTimeWindow(size, instance, traffic);
      const seconds = (threshold / 100) * size;
      if (seconds < latestSeconds || (expected !== undefined && expected.most < config.minimumNumberOfCalls)) {
        return undefined;
      }
      return {
        message:
          `When the dependency goes down altogether, ${figure(threshold)} % of a window full of good calls have failed only ` +
          `after ${figure(threshold)} % × ${span(size * 1_000)} = ${span(seconds * 1_000)}. Make slidingWindowSize smaller.`,
      };
    }
    const rate = callsPerSecond(instance, traffic);
    if (rate === undefined || rate === 0) return undefined;
    const failures = callsThatReach(threshold, size);
    const seconds = failures / rate;
    if (seconds < latestSeconds) return undefined;
    return {
      message:
        `When the dependency goes down altogether, the window of ${count(size, 'call')} must take in ` +
        `${count(failures, 'failed call')} to reach ${figure(threshold)} %: ${failures} / ${perSecond(rate)} = ` +
        `${span(seconds * 1_000)}. Make slidingWindowSize smaller, or use a time window.`,
    };
  },
} as const satisfies Check;
