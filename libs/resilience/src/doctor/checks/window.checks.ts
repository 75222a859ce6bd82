import { callsInTimeWindow, callsPerSecond } from '../expected-calls.ts';
import {
  callsBeforeEvaluation,
  callsThatReach,
  ceiling,
  count,
  figure,
  hasSlowCallOptions,
  perSecond,
  span,
} from '../figures.ts';
import type { Instance } from '../instance.ts';
import type { Traffic } from '../traffic.ts';
import { type Check, type CheckResult, isCoveredBy, namesOf } from './check.ts';

/** The longest acceptable time to detect a total outage. */
const latestSeconds = 60;
const longestWindowSuggested = 86_400;

/** The sliding window of a circuit breaker, and the thresholds that open it. */
export const windowChecks = [
  {
    code: 'minimum-above-count-window',
    title: 'The minimum number of calls is larger than the count window',
    severity: 'warning',
    doc:
      'A count window never holds more calls than its size, so the rates are evaluated when it is full, and a ' +
      'larger minimum has no effect. Resilience4j behaves the same, without a warning.',
    run({ circuitBreaker: config }) {
      if (config?.slidingWindowType !== 'COUNT_BASED') return undefined;
      const { minimumNumberOfCalls: minimum, slidingWindowSize: size } = config;
      if (minimum <= size) return undefined;
      return (
        `minimumNumberOfCalls is ${minimum}, but a window of ${count(size, 'call')} never holds more than ${size}: rates ` +
        `are evaluated from min(${minimum}, ${size}) = ${count(size, 'call')} on. Set minimumNumberOfCalls to ${size}, or ` +
        `slidingWindowSize to at least ${minimum} to wait for that many calls.`
      );
    },
  },
  {
    code: 'minimum-never-reached',
    title: 'The time window never holds the minimum number of calls',
    severity: 'error',
    doc:
      'No rate is evaluated before the window holds `minimumNumberOfCalls`. If it never does, the circuit breaker ' +
      'never opens. A window of N seconds holds N whole seconds of the clock: with sequential calls of duration L, ' +
      'each caller ends at most ceil(N / L) of them in the window; with evenly spread calls at a rate R, at most ' +
      'ceil(N × R) end in it, times the attempts of a retry around the circuit breaker. Needs `--rate`, or ' +
      '`--latency` with `--concurrency` or a bulkhead. With `--latency` alone it is a `warning` if a single caller does ' +
      'not reach the minimum. In a running service calls come in bursts: if the window was ' +
      'observed to hold enough calls, nothing is reported, regardless of the average.',
    run(instance, traffic) {
      const { circuitBreaker: config } = instance;
      if (config?.slidingWindowType !== 'TIME_BASED') return undefined;
      const { minimumNumberOfCalls: minimum, slidingWindowSize: seconds } = config;
      const expected = callsInTimeWindow(seconds, instance, traffic);
      if (expected === undefined) return minimumOfOneCaller(minimum, seconds, instance, traffic);
      const most = Math.max(expected.most, traffic.mostCallsInWindow ?? 0);
      if (minimum <= most) return undefined;
      const enough = secondsThatHold(minimum, seconds, instance, traffic);
      const lower = expected.least > 0 ? `minimumNumberOfCalls to at most ${expected.least}` : undefined;
      const longer = enough === undefined ? undefined : `slidingWindowSize to at least ${enough}`;
      const advice = [lower, longer].filter((part) => part !== undefined).join(', or ');
      return (
        `The window of ${seconds} s never holds the ${count(minimum, 'call')} of minimumNumberOfCalls, so no rate is ever ` +
        `evaluated and the circuit breaker never opens: ${expected.reason}.${advice === '' ? '' : ` Set ${advice}.`}`
      );
    },
  },
  {
    code: 'minimum-not-always-reached',
    title: 'The time window holds the minimum number of calls only sometimes',
    severity: 'warning',
    doc:
      'When a call is recorded, a window of N seconds covers more than N - 1 and less than N seconds. If the ' +
      'minimum lies between the numbers of calls that these two hold, an outage is detected late or by chance. ' +
      'Examines the same numbers as `minimum-never-reached`.',
    run(instance, traffic) {
      const { circuitBreaker: config } = instance;
      if (config?.slidingWindowType !== 'TIME_BASED') return undefined;
      const { minimumNumberOfCalls: minimum, slidingWindowSize: seconds } = config;
      const expected = callsInTimeWindow(seconds, instance, traffic);
      const isGuaranteed = expected !== undefined && expected.least > 0;
      if (!isGuaranteed || minimum <= expected.least || minimum > expected.most) return undefined;
      if (minimum <= (traffic.mostCallsInWindow ?? 0)) return undefined;
      return (
        `The window of ${seconds} s covers between ${seconds - 1} and ${seconds} s when a call is recorded, and holds the ` +
        `${count(minimum, 'call')} of minimumNumberOfCalls only at some moments: ${expected.reason}, but it can be as few ` +
        `as ${expected.least}. Set minimumNumberOfCalls to at most ${expected.least}, or make the window longer.`
      );
    },
  },
  {
    code: 'opens-late',
    title: 'The window is so large that it detects an outage only after a minute',
    severity: 'warning',
    doc:
      'A window full of successful calls must fill with failed ones up to the threshold before the circuit breaker ' +
      'opens, and it recovers as slowly. A count window needs that share of its calls, which takes longer at a low ' +
      'rate; a time window needs that share of its seconds. Reported if a total outage takes a minute or longer to ' +
      'detect. A count window needs `--rate`, or `--latency` with `--concurrency`.',
    run(instance, traffic) {
      const { circuitBreaker: config } = instance;
      if (config === undefined) return undefined;
      const { failureRateThreshold: threshold, slidingWindowSize: size } = config;
      if (config.slidingWindowType === 'TIME_BASED') {
        const expected = callsInTimeWindow(size, instance, traffic);
        const seconds = (threshold / 100) * size;
        const isNeverReached = expected !== undefined && expected.most < config.minimumNumberOfCalls;
        if (seconds < latestSeconds || isNeverReached) return undefined;
        return (
          `In a total outage, ${figure(threshold)} % of a window full of successful calls have failed only after ` +
          `${figure(threshold)} % × ${span(size * 1_000)} = ${span(seconds * 1_000)}. Make slidingWindowSize smaller.`
        );
      }
      const rate = callsPerSecond(instance, traffic);
      if (rate === undefined || rate === 0) return undefined;
      const failures = callsThatReach(threshold, size);
      const seconds = failures / rate;
      if (seconds < latestSeconds) return undefined;
      return (
        `In a total outage, the window of ${count(size, 'call')} must record ${count(failures, 'failed call')} to reach ` +
        `${figure(threshold)} %: ${failures} / ${perSecond(rate)} = ${span(seconds * 1_000)}. Make slidingWindowSize ` +
        'smaller, or use a time window.'
      );
    },
  },
  {
    code: 'single-call-opens',
    title: 'A single failed call opens the circuit breaker',
    severity: 'warning',
    doc:
      'Each of n calls counts for 100 / n percent. If the minimum number of calls is so small that one call reaches ' +
      'the threshold, one error opens the circuit breaker.',
    run({ circuitBreaker: config }) {
      if (config === undefined) return undefined;
      const calls = callsBeforeEvaluation(config);
      const slow = { result: 'slow', option: 'slowCallRateThreshold', threshold: config.slowCallRateThreshold };
      const rates = [
        { result: 'failed', option: 'failureRateThreshold', threshold: config.failureRateThreshold },
        ...(hasSlowCallOptions(config) ? [slow] : []),
      ].filter(({ threshold }) => callsThatReach(threshold, calls) === 1);
      if (rates.length === 0) return undefined;
      const results = rates.map(({ result }) => result).join(' or ');
      const thresholds = rates.map(({ option, threshold }) => `${option} (${figure(threshold)} %)`).join(' and ');
      return (
        `One ${results} call among the first ${count(calls, 'call')} is 100 % / ${calls} = ${figure(100 / calls)} % and ` +
        `reaches ${thresholds}, so a single one opens the circuit breaker. Raise minimumNumberOfCalls.`
      );
    },
  },
  {
    code: 'threshold-needs-every-call',
    title: 'A threshold is reached only if every call in the window is bad',
    severity: 'warning',
    doc:
      'With a threshold of 100 %, or one that this number of calls reaches only if all of them are bad, a single ' +
      'good call keeps the circuit breaker closed for as long as it is in the window. Few outages have none. Only ' +
      '`info` if it concerns slow calls alone, where 100 % is the default.',
    run({ circuitBreaker: config }) {
      if (config === undefined) return undefined;
      const isCountBased = config.slidingWindowType === 'COUNT_BASED';
      const calls = isCountBased ? config.slidingWindowSize : callsBeforeEvaluation(config);
      if (calls === 1) return undefined;
      const { failureRateThreshold: failureRate, slowCallRateThreshold: slowRate } = config;
      const needsAll = (threshold: number) => callsThatReach(threshold, calls) === calls;
      const parts: string[] = [];
      const needsAllFailed = needsAll(failureRate);
      if (needsAllFailed) parts.push(`failureRateThreshold (${figure(failureRate)} %) only if all have failed`);
      if (hasSlowCallOptions(config) && needsAll(slowRate)) {
        parts.push(`slowCallRateThreshold (${figure(slowRate)} %) only if all were slow`);
      }
      if (parts.length === 0) return undefined;
      const rate = `${calls - 1} / ${calls} = ${figure(((calls - 1) / calls) * 100)} %`;
      return {
        severity: needsAllFailed ? 'warning' : 'info',
        message:
          `${count(calls, 'call')} reach ${parts.join(', and ')}: with one good call among them the rate is ${rate}, and ` +
          'the circuit breaker stays closed. Lower the threshold.',
      };
    },
  },
  {
    code: 'threshold-never-reached',
    title: 'The failure rate stays at 0 % because every failure is ignored',
    severity: 'error',
    doc:
      'Ignored errors take precedence over recorded ones. If `ignoreExceptions` covers everything that could be ' +
      'recorded, no call counts as failed. Predicates of the application are not evaluated.',
    run({ circuitBreaker: config }) {
      if (config === undefined) return undefined;
      const { recordExceptions, ignoreExceptions, recordException, recordResult, classification, transitionOnResult } =
        config;
      if ([recordException, recordResult, classification, transitionOnResult].some((given) => given !== undefined))
        return undefined;
      const recorded = recordExceptions.length === 0 ? [Error] : recordExceptions;
      if (!recorded.every((errorClass) => isCoveredBy(ignoreExceptions, errorClass))) return undefined;
      const failures = recordExceptions.length === 0 ? 'every Error' : namesOf(recorded);
      return (
        `ignoreExceptions (${namesOf(ignoreExceptions)}) covers every error that counts as a failure (${failures}), so the ` +
        `failure rate is always 0 / n = 0 % and never reaches ${figure(config.failureRateThreshold)} %. Ignore fewer errors.`
      );
    },
  },
  {
    code: 'combined-threshold-never-decides',
    title: 'The combined threshold is always reached after one of the two others',
    severity: 'error',
    doc:
      'The rate of calls that failed or were slow is at most the sum of the two rates. A `combinedRateThreshold` ' +
      'that is not below the sum of the two thresholds never opens the circuit breaker.',
    run({ circuitBreaker: config }) {
      if (config?.combinedRateThreshold === undefined) return undefined;
      const { combinedRateThreshold: combined, failureRateThreshold: failed, slowCallRateThreshold: slow } = config;
      if (combined < failed + slow) return undefined;
      return (
        `combinedRateThreshold (${figure(combined)} %) is not below failureRateThreshold + slowCallRateThreshold = ` +
        `${figure(failed)} % + ${figure(slow)} % = ${figure(failed + slow)} %: when it is reached, one of them is as well. ` +
        `Set it below ${figure(Math.min(100, failed + slow))}.`
      );
    },
  },
] as const satisfies readonly Check[];

/** For a known latency and an unknown number of callers: what one of them reaches. */
function minimumOfOneCaller(
  minimum: number,
  seconds: number,
  instance: Instance,
  traffic: Traffic,
): CheckResult | undefined {
  const alone = callsInTimeWindow(seconds, instance, { ...traffic, concurrency: 1 });
  if (alone === undefined || minimum <= alone.most) return undefined;
  return {
    severity: 'warning',
    message:
      `The window of ${seconds} s holds the ${count(minimum, 'call')} of minimumNumberOfCalls only with at least ` +
      `${count(ceiling(minimum / alone.most), 'caller')} at a time: ${alone.reason}. With fewer, no rate is ever evaluated and the ` +
      `circuit breaker never opens. Set minimumNumberOfCalls to at most ${alone.least}, or give the number of callers or the rate.`,
  };
}

/** The shortest window that holds the minimum at every moment. */
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
