import { callDurationMs, callsInTimeWindow } from '../expected-calls.ts';
import { callsBeforeEvaluation, count, figure, hasSlowCallOptions, span } from '../figures.ts';
import { isAround } from '../instance.ts';
import type { Check } from './check.ts';

/** Slow calls, timeouts and the deadline of the caller. */
export const timingChecks = [
  {
    code: 'slow-threshold-above-timeout',
    title: 'The timeout ends every call before it can be slow',
    severity: 'error',
    doc:
      'No call lasts longer than the time limiter inside the circuit breaker allows. With ' +
      '`slowCallDurationThreshold` at or above `timeoutDuration` no call is ever slow: it fails instead. Only ' +
      '`info` if the options for slow calls have their default values; only a `warning` if waiting for a rate ' +
      'limiter inside the circuit breaker can make a call that slow. Not reported if a retry is inside the circuit ' +
      'breaker, since the durations of its attempts add up.',
    run(instance) {
      const { circuitBreaker: config, timeLimiter, rateLimiter } = instance;
      if (config === undefined || timeLimiter === undefined) return undefined;
      const { slowCallDurationThreshold: threshold } = config;
      const { timeoutDuration } = timeLimiter;
      if (!isAround(instance, 'circuitBreaker', 'timeLimiter') || threshold < timeoutDuration) return undefined;
      if (isAround(instance, 'circuitBreaker', 'retry')) return undefined;
      const isIntended = hasSlowCallOptions(config);
      const isWaitOutside =
        isAround(instance, 'circuitBreaker', 'rateLimiter') && isAround(instance, 'rateLimiter', 'timeLimiter');
      const waitMs = isWaitOutside ? (rateLimiter?.timeoutDuration ?? 0) : 0;
      const isSlowWithWait = timeoutDuration + waitMs > threshold;
      const exception = isSlowWithWait
        ? ` (unless it has also waited for the rate limiter: up to ${span(timeoutDuration)} + ${span(waitMs)} = ${span(timeoutDuration + waitMs)})`
        : '';
      const advice = isIntended
        ? `Set slowCallDurationThreshold below ${span(timeoutDuration)}.`
        : 'The options for slow calls have their default values; set slowCallDurationThreshold below the timeout if late responses are a problem.';
      return {
        severity: isIntended ? (isSlowWithWait ? 'warning' : 'error') : 'info',
        message:
          `A call is slow above ${span(threshold)}, but the time limiter ends it after ${span(timeoutDuration)}: ` +
          `${span(timeoutDuration)} ≤ ${span(threshold)}, so no call is ever slow${exception}. ${advice}`,
      };
    },
  },
  {
    code: 'slow-calls-noticed-late',
    title: 'A call that hangs is recorded long after it became slow',
    severity: 'info',
    doc:
      'Without `slowCallsInFlightEnabled` a call is recorded when it ends. If the dependency hangs, that is when the ' +
      'time limiter inside the circuit breaker ends it: until then the circuit breaker stays CLOSED, and all calls wait. ' +
      'Reported if `timeoutDuration` is at least twice `slowCallDurationThreshold`.',
    run(instance) {
      const { circuitBreaker: config, timeLimiter } = instance;
      if (config === undefined || timeLimiter === undefined || config.slowCallsInFlightEnabled) return undefined;
      const { slowCallDurationThreshold: threshold } = config;
      const { timeoutDuration } = timeLimiter;
      if (!isAround(instance, 'circuitBreaker', 'timeLimiter') || timeoutDuration < 2 * threshold) return undefined;
      // Only the sliding window can notice them.
      if (config.engine !== 'sliding-window') return undefined;
      return (
        `A call is slow above ${span(threshold)}, but one that hangs is recorded only after ${span(timeoutDuration)}, by the time ` +
        `limiter: the circuit breaker opens ${span(timeoutDuration)} - ${span(threshold)} = ${span(timeoutDuration - threshold)} later ` +
        'than it could. Set slowCallsInFlightEnabled, and abortCallsOnOpen if the calls in flight should then end as well.'
      );
    },
  },
  {
    code: 'slow-threshold-never-reached',
    title: 'Calls of the given latency are not slow',
    severity: 'info',
    doc:
      'Correct if the given latency is the normal one. If such calls should count as slow, ' +
      '`slowCallDurationThreshold` is too high; its default is a minute. Needs `--latency`; not reported in a running ' +
      'service, where latencies differ.',
    run(instance, traffic) {
      const { circuitBreaker: config } = instance;
      const durationMs = callDurationMs(instance, traffic);
      if (config === undefined || durationMs === undefined || traffic.slowCallRate !== undefined) return undefined;
      const { slowCallDurationThreshold: threshold, slowCallRateThreshold } = config;
      if (durationMs > threshold) return undefined;
      return (
        `A call that takes ${span(durationMs)} is not slow: ${span(durationMs)} ≤ ${span(threshold)}. With any number of ` +
        `them the slow-call rate stays at 0 % and does not reach ${figure(slowCallRateThreshold)} %.`
      );
    },
  },
  {
    code: 'slow-threshold-below-latency',
    title: 'Every call of the given latency is slow, so the circuit breaker opens without a failure',
    severity: 'warning',
    doc:
      'Correct if the given latency is that of an outage. If it is the normal one, the circuit breaker opens again ' +
      'and again while the dependency is healthy. Not reported if the window never holds enough calls ' +
      '(`minimum-never-reached`). Needs `--latency`; in a running service, the observed share of slow calls decides.',
    run(instance, traffic) {
      const { circuitBreaker: config } = instance;
      const durationMs = callDurationMs(instance, traffic);
      if (config === undefined || durationMs === undefined) return undefined;
      const { slowCallDurationThreshold: threshold, slowCallRateThreshold } = config;
      const { slowCallRate } = traffic;
      if (slowCallRate !== undefined) {
        if (slowCallRate < slowCallRateThreshold) return undefined;
        return (
          `${figure(Math.round(slowCallRate))} % of the observed calls took longer than ${span(threshold)} and are slow, which reaches ` +
          `${figure(slowCallRateThreshold)} % without a failure. If this is the normal latency, raise slowCallDurationThreshold.`
        );
      }
      if (durationMs <= threshold) return undefined;
      const calls = callsBeforeEvaluation(config);
      const isTimeBased = config.slidingWindowType === 'TIME_BASED';
      const expected = isTimeBased ? callsInTimeWindow(config.slidingWindowSize, instance, traffic) : undefined;
      if (expected !== undefined && expected.most < calls) return undefined;
      const isFull = isTimeBased && expected === undefined ? 'once the window holds' : 'after';
      return (
        `Every call takes ${span(durationMs)} and is slow (above ${span(threshold)}): ${isFull} ${count(calls, 'call')} the ` +
        `slow-call rate is ${calls} / ${calls} = 100 % and reaches ${figure(slowCallRateThreshold)} %, although no call ` +
        'failed. If this is the normal latency, raise slowCallDurationThreshold.'
      );
    },
  },
  {
    code: 'timeout-below-latency',
    title: 'Every call of the given latency times out',
    severity: 'error',
    doc: 'No call ends in time. Needs `--latency`; not reported in a running service, where latencies differ.',
    run({ timeLimiter }, { latencyMs, slowCallRate }) {
      if (timeLimiter === undefined || latencyMs === undefined || slowCallRate !== undefined) return undefined;
      const { timeoutDuration } = timeLimiter;
      if (latencyMs <= timeoutDuration) return undefined;
      return (
        `A call takes ${span(latencyMs)}, and timeoutDuration ends it after ${span(timeoutDuration)}: ` +
        `${span(latencyMs)} > ${span(timeoutDuration)}, so every call times out. Raise timeoutDuration above the latency.`
      );
    },
  },
  {
    code: 'timeout-above-caller-deadline',
    title: "The timeout is longer than the caller's deadline",
    severity: 'error',
    doc:
      'The caller is gone before the timeout ends the call, so the timeout has no effect. The work continues ' +
      "without a caller, unless the caller's deadline is passed on. A call that its caller aborts is no failure of the " +
      'dependency: the circuit breaker counts it as slow at most. Needs `--deadline`.',
    run({ timeLimiter }, { callerDeadlineMs }) {
      if (timeLimiter === undefined || callerDeadlineMs === undefined) return undefined;
      const { timeoutDuration } = timeLimiter;
      if (timeoutDuration <= callerDeadlineMs) return undefined;
      return (
        `The caller waits ${span(callerDeadlineMs)}, timeoutDuration is ${span(timeoutDuration)}: the timeout comes ` +
        `${span(timeoutDuration)} - ${span(callerDeadlineMs)} = ${span(timeoutDuration - callerDeadlineMs)} after the ` +
        `caller has gone. Set timeoutDuration below ${span(callerDeadlineMs)}.`
      );
    },
  },
  {
    code: 'time-limiter-outside-breaker',
    title: 'The time limiter is around the circuit breaker, which therefore records no timeouts as failures',
    severity: 'error',
    doc:
      'A time limiter around the circuit breaker aborts the call. To the circuit breaker that looks like a caller ' +
      'that aborted, which is no failure of the dependency: one that hangs opens it only by the slow-call rate, and ' +
      'only if `timeoutDuration` is longer than `slowCallDurationThreshold`. Only reported with ' +
      '`cancelRunningFuture`, the default.',
    run(instance) {
      const { timeLimiter } = instance;
      const isOutside = isAround(instance, 'timeLimiter', 'circuitBreaker');
      if (timeLimiter?.cancelRunningFuture !== true || !isOutside) return undefined;
      return (
        `The time limiter is around the circuit breaker: it aborts a call after ${span(timeLimiter.timeoutDuration)}, which ` +
        'looks to the circuit breaker like a caller that aborted and is not recorded as a failure. With any number of ' +
        'timeouts the failure rate is 0. Put the time limiter inside the circuit breaker.'
      );
    },
  },
  {
    code: 'attempt-outlasts-deadline',
    title: 'The total deadline passes before one attempt has timed out',
    severity: 'error',
    doc:
      'The total deadline limits all attempts together. If one attempt may take as long (`timeoutDuration` of the time ' +
      'limiter inside), a dependency that hangs uses all the time: there is no second attempt, and the circuit breaker ' +
      'records no timeout, because the deadline looks to it like a caller that aborted.',
    run(instance) {
      const { deadline, timeLimiter } = instance;
      if (deadline === undefined || timeLimiter === undefined) return undefined;
      const [totalMs, attemptMs] = [deadline.timeoutDuration, timeLimiter.timeoutDuration];
      if (!isAround(instance, 'deadline', 'timeLimiter') || attemptMs < totalMs) return undefined;
      return (
        `The total deadline ends a call after ${span(totalMs)}, but one attempt may take ${span(attemptMs)}: an attempt never ` +
        'times out, is not repeated, and is not recorded as a failure. Set timeoutDuration of the time limiter below ' +
        `${span(totalMs)}, so that all attempts fit.`
      );
    },
  },
  {
    code: 'wait-above-caller-deadline',
    title: "A call may wait for a permit longer than the caller's deadline",
    severity: 'warning',
    doc:
      '`timeoutDuration` of a rate limiter (5 s by default) and `maxWaitDuration` of a bulkhead limit how long a ' +
      "call waits for a permit. After the caller's deadline the call is made for a caller that has gone, unless the " +
      'deadline is passed on. Needs `--deadline`.',
    run({ rateLimiter, bulkhead }, { callerDeadlineMs: deadlineMs }) {
      if (deadlineMs === undefined) return undefined;
      const waits = [
        { policy: 'the rate limiter (timeoutDuration)', waitMs: rateLimiter?.timeoutDuration ?? 0 },
        { policy: 'the bulkhead (maxWaitDuration)', waitMs: bulkhead?.maxWaitDuration ?? 0 },
      ].filter(({ waitMs }) => waitMs > deadlineMs);
      if (waits.length === 0) return undefined;
      const list = waits.map(({ policy, waitMs }) => `${span(waitMs)} for ${policy}`).join(' and ');
      return `A call may wait ${list}, but its caller waits only ${span(deadlineMs)} for the response. Shorten the wait.`;
    },
  },
] as const satisfies readonly Check[];
