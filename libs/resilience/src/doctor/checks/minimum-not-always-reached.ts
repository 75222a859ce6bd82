import { callsInTimeWindow } from '../expected-calls.ts';
import { count } from '../figures.ts';
import type { Check } from '../finding.ts';

export const minimumNotAlwaysReached = {
  code: 'minimum-not-always-reached',
  title: 'A time window that holds the minimum number of calls only when they fall well',
  severity: 'warning',
  doc: 'At the moment when a call is recorded, a window of N seconds covers more than N - 1 and less than N seconds. With a minimum between what those two hold, an outage is noticed late, or by luck. Looks at the same numbers as `minimum-never-reached`.',
  run(instance, traffic) {
    const { circuitBreaker: config } = instance;
    if (config?.slidingWindowType !== 'TIME_BASED') return undefined;
    const { minimumNumberOfCalls: minimum, slidingWindowSize: seconds } = config;
    const expected = callsInTimeWindow(seconds, instance, traffic);
    const isPromised = expected !== undefined && expected.least > 0;
    if (!isPromised || minimum <= expected.least || minimum > expected.most) return undefined;
    if (minimum <= (traffic.mostCallsInWindow ?? 0)) return undefined;
    return {
      message:
        `The window of ${seconds} s covers between ${seconds - 1} and ${seconds} s when a call is recorded, and holds the ` +
        `${count(minimum, 'call')} of minimumNumberOfCalls only when calls fall well: ${expected.reason}, but it can be ` +
        `as few as ${expected.least}. Set minimumNumberOfCalls to at most ${expected.least}, or make the window longer.`,
    };
  },
} as const satisfies Check;
