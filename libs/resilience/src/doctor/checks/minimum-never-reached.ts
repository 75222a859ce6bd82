import { callsInTimeWindow } from '../expected-calls.ts';
import { count } from '../figures.ts';
import type { Check } from '../finding.ts';
import type { Instance } from '../instance.ts';
import type { Traffic } from '../traffic.ts';

const longestWindowSuggested = 86_400;

export const minimumNeverReached = {
  code: 'minimum-never-reached',
  title: 'A time window that never holds the minimum number of calls',
  severity: 'error',
  doc: 'No rate is judged before the window holds `minimumNumberOfCalls`. If it never does, the circuit breaker never opens, whatever happens. A window of N seconds holds N whole seconds of the clock: callers who call one after the other, with calls that take L, end at most ceil(N / L) each in it; calls that come evenly at a rate R are at most ceil(N × R), times the attempts of a retry around the circuit breaker. Needs `--rate`, or `--latency` with `--concurrency` or a bulkhead. In a running service calls come in bursts: a window that has been seen to hold enough is no mistake, whatever the average.',
  run(instance, traffic) {
    const { circuitBreaker: config } = instance;
    if (config?.slidingWindowType !== 'TIME_BASED') return undefined;
    const { minimumNumberOfCalls: minimum, slidingWindowSize: seconds } = config;
    const expected = callsInTimeWindow(seconds, instance, traffic);
    const most = Math.max(expected?.most ?? Number.POSITIVE_INFINITY, traffic.mostCallsInWindow ?? 0);
    if (expected === undefined || minimum <= most) return undefined;
    const enough = secondsThatHold(minimum, seconds, instance, traffic);
    const lower = expected.least > 0 ? `minimumNumberOfCalls to at most ${expected.least}` : undefined;
    const longer = enough === undefined ? undefined : `slidingWindowSize to at least ${enough}`;
    const advice = [lower, longer].filter((part) => part !== undefined).join(', or ');
    return {
      message:
        `The window of ${seconds} s never holds the ${count(minimum, 'call')} of minimumNumberOfCalls, so no rate is ever ` +
        `judged and the circuit breaker never opens: ${expected.reason}.${advice === '' ? '' : ` Set ${advice}.`}`,
    };
  },
} as const satisfies Check;

/** The shortest window that holds the minimum however the calls fall. */
function secondsThatHold(minimum: number, from: number, instance: Instance, traffic: Traffic): number | undefined {
  const isEnough = (seconds: number) => (callsInTimeWindow(seconds, instance, traffic)?.least ?? 0) >= minimum;
  if (!isEnough(longestWindowSuggested)) return undefined;
  let [tooShort, enough] = [from, longestWindowSuggested];
  while (enough - tooShort > 1) {
    const middle = Math.floor((tooShort + enough) / 2);
    if (isEnough(middle)) enough = middle;
    else tooShort = middle;
  }
  return enough;
}
