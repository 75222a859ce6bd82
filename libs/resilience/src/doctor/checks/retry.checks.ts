import { RejectedError } from '../../core/errors.ts';
import { callsBeforeEvaluation, count, figure, openWaitMs, retryTime, span, totalWaitMs } from '../figures.ts';
import { isAround } from '../instance.ts';
import { type Check, isCoveredBy, namesOf } from './check.ts';

/** If OPEN lasts this many times as long as the waits of a retry, the retry was not meant to bridge it. */
const farAbove = 10;

/** The attempts of a retry, their total duration, and their effect on the other policies. */
export const retryChecks = [
  {
    code: 'retry-exceeds-caller-patience',
    title: "The retry continues after the caller's deadline",
    severity: 'warning',
    doc:
      "If every attempt takes its maximum time, all attempts and waits together exceed the caller's deadline. The " +
      'time limiter inside the retry limits an attempt, otherwise `--latency` is its duration. An `error` if the ' +
      'waits alone exceed the deadline: then the last attempt is always made after it, even if the others fail at ' +
      'once. Needs `--deadline`.',
    run(instance, traffic) {
      const { retry } = instance;
      const { callerDeadlineMs: deadlineMs } = traffic;
      if (retry === undefined || deadlineMs === undefined || retry.maxAttempts === 1) return undefined;
      const waitsMs = totalWaitMs(retry);
      if (waitsMs >= deadlineMs) {
        return {
          severity: 'error',
          message:
            `The waits between ${retry.maxAttempts} attempts alone are ${span(waitsMs)}, and the caller waits ` +
            `${span(deadlineMs)}: the last attempt is always made after the caller's deadline. Use fewer attempts or shorter ` +
            'waits.',
        };
      }
      const time = retryTime(instance, traffic);
      if (time === undefined || time.totalMs <= deadlineMs) return undefined;
      return (
        `A call may take ${time.sum}, but the caller waits ${span(deadlineMs)}: for up to ${span(time.totalMs)} - ` +
        `${span(deadlineMs)} = ${span(time.totalMs - deadlineMs)} it is repeated for a caller that has gone. Use fewer ` +
        "attempts, a shorter timeout or shorter waits, or pass the caller's deadline on."
      );
    },
  },
  {
    code: 'retry-fills-window',
    title: 'The attempts of one call can open the circuit breaker',
    severity: 'warning',
    doc:
      'With the retry around the circuit breaker, the usual order, the circuit breaker records each attempt as a ' +
      'call. If a call has as many attempts as the minimum number of calls, one request that cannot succeed opens ' +
      'the circuit breaker for all callers.',
    run(instance) {
      const { retry, circuitBreaker: config } = instance;
      if (retry === undefined || config === undefined || !isAround(instance, 'retry', 'circuitBreaker'))
        return undefined;
      const calls = callsBeforeEvaluation(config);
      const isInTime =
        config.slidingWindowType === 'COUNT_BASED' || totalWaitMs(retry) < (config.slidingWindowSize - 1) * 1_000;
      if (retry.maxAttempts < calls || retry.maxAttempts === 1 || !isInTime) return undefined;
      return (
        `A call that fails is made ${retry.maxAttempts} times, with waits of ${span(totalWaitMs(retry))} in total, and each ` +
        `attempt is recorded: ${retry.maxAttempts} ≥ ${count(calls, 'call')}, of which ${calls} / ${calls} = 100 % failed, ` +
        `so without other traffic one caller reaches ${figure(config.failureRateThreshold)} % alone. Set ` +
        'minimumNumberOfCalls well above maxAttempts.'
      );
    },
  },
  {
    code: 'retry-of-refusals',
    title: 'The retry lists refusals, which are never repeated',
    severity: 'warning',
    doc:
      'A refusal (`RejectedError`: the circuit breaker is open, the bulkhead full, the rate exceeded) is never ' +
      'repeated, even if `retryExceptions` lists it: the dependency was not called, and another attempt only adds ' +
      'to the load that the policy protects against. Resilience4j does repeat refusals.',
    run({ retry }) {
      const listed = (retry?.retryExceptions ?? []).filter((errorClass) => isCoveredBy([RejectedError], errorClass));
      if (listed.length === 0) return undefined;
      const isAll = listed.length === retry?.retryExceptions.length && retry.retryOnException === undefined;
      return (
        `retryExceptions lists ${namesOf(listed)}, which is never repeated, because a refusal comes from a policy and not ` +
        `from the dependency.${isAll ? ' Nothing else is listed, so this retry never repeats anything.' : ''} Remove it, ` +
        'and give callers a fallback instead.'
      );
    },
  },
  {
    code: 'retry-never-retries',
    title: 'The retry never repeats a call',
    severity: 'warning',
    doc:
      '`maxAttempts` includes the first call, so 1 means no repetition; and `ignoreExceptions` takes precedence ' +
      'over `retryExceptions`. Only `info` for `maxAttempts: 1`, which is how a retry is switched off.',
    run({ retry }) {
      if (retry === undefined) return undefined;
      if (retry.maxAttempts === 1) {
        const message =
          'maxAttempts is 1, which includes the first call: 1 - 1 = 0 repetitions. Set it to 2 for one repetition.';
        return { severity: 'info', message };
      }
      const { retryExceptions, ignoreExceptions, retryOnException, retryOnResult } = retry;
      if (retryOnException !== undefined || retryOnResult !== undefined) return undefined;
      const repeated = retryExceptions.length === 0 ? [Error] : retryExceptions;
      if (!repeated.every((errorClass) => isCoveredBy(ignoreExceptions, errorClass))) return undefined;
      return (
        `ignoreExceptions (${namesOf(ignoreExceptions)}) covers every error that would be repeated, so no call is ever ` +
        'repeated. Ignore fewer errors.'
      );
    },
  },
  {
    code: 'open-outlasts-retries',
    title: 'OPEN lasts longer than all waits of the retry',
    severity: 'info',
    doc:
      'While the circuit breaker is open, a retry around it stops at the first refusal. This is intended, but a ' +
      'retry does not bridge an outage: callers need a fallback for that. Reported if OPEN lasts at least ten times ' +
      'as long as all waits of the retry, unless a fallback or a cached fallback is around it. A fallback in code is ' +
      'not known.',
    run(instance) {
      const { retry, circuitBreaker } = instance;
      if (retry === undefined || circuitBreaker === undefined || retry.maxAttempts === 1) return undefined;
      const waitsMs = totalWaitMs(retry);
      const openMs = openWaitMs(circuitBreaker);
      if (isAround(instance, 'fallback', 'retry') || isAround(instance, 'cachedFallback', 'retry')) return undefined;
      if (!isAround(instance, 'retry', 'circuitBreaker') || openMs < farAbove * waitsMs) return undefined;
      return (
        `All waits of the retry are ${span(waitsMs)}, OPEN lasts ${span(openMs)}: while the circuit breaker is open, the ` +
        'retry stops at the first refusal, and no caller succeeds by retrying. Give callers a fallback if they have none.'
      );
    },
  },
  {
    code: 'retry-inside-breaker',
    title: 'The retry is inside the circuit breaker',
    severity: 'warning',
    doc:
      'The circuit breaker records one call where the dependency received several, and counts the waits between ' +
      'them as slowness of the dependency. It opens later, and each trial call can be several calls. In the usual ' +
      'order the retry is around the circuit breaker.',
    run(instance, traffic) {
      const { retry, circuitBreaker: config } = instance;
      if (retry === undefined || config === undefined || !isAround(instance, 'circuitBreaker', 'retry'))
        return undefined;
      const { maxAttempts } = retry;
      if (maxAttempts === 1) return undefined;
      const time = retryTime(instance, traffic);
      const durationMs = time?.totalMs ?? totalWaitMs(retry);
      const duration = time?.sum ?? `at least ${span(durationMs)}`;
      const isSlow = durationMs > config.slowCallDurationThreshold;
      const slow = isSlow ? `, which is slow (above ${span(config.slowCallDurationThreshold)})` : '';
      const trials = config.permittedNumberOfCallsInHalfOpenState;
      return (
        `The retry is inside the circuit breaker: ${maxAttempts} attempts count as one call of ${duration}${slow}, and ` +
        `HALF_OPEN makes up to ${trials} × ${maxAttempts} = ${trials * maxAttempts} trial calls. Put the retry around the ` +
        'circuit breaker.'
      );
    },
  },
  {
    code: 'timeout-cuts-retries',
    title: 'The time limiter around the retry leaves no time for all attempts',
    severity: 'warning',
    doc:
      'A time limiter around the retry limits all attempts together. An `error` if the waits alone take that long: ' +
      'then the last attempt is never made. Attempts are assumed to last as long as `--latency`.',
    run(instance, traffic) {
      const { retry, timeLimiter } = instance;
      if (retry === undefined || timeLimiter === undefined) return undefined;
      if (!isAround(instance, 'timeLimiter', 'retry')) return undefined;
      const { timeoutDuration } = timeLimiter;
      const limit = `The time limiter is around the retry and ends all attempts after ${span(timeoutDuration)}`;
      const advice = 'Put the time limiter inside the retry, where it limits each attempt.';
      const waitsMs = totalWaitMs(retry);
      if (waitsMs >= timeoutDuration) {
        return {
          severity: 'error',
          message:
            `${limit}, but the waits between ${retry.maxAttempts} attempts alone are ${span(waitsMs)}: the last attempt is ` +
            `never made. ${advice}`,
        };
      }
      const time = retryTime(instance, traffic);
      if (time === undefined || time.totalMs <= timeoutDuration) return undefined;
      return `${limit}, but ${time.sum}. ${advice}`;
    },
  },
] as const satisfies readonly Check[];
