import { describe, expect, it } from 'vitest';
import { CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import type { Severity } from './checks/check.ts';
import { checks, diagnose, type FindingCode, startUpWarnings } from './diagnose.ts';
import { describeInstance, type InstanceOptions } from './instance.ts';
import type { Traffic } from './traffic.ts';

interface Case {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly options: InstanceOptions;
  readonly traffic?: Traffic;
  /** The arithmetic, as in the message. */
  readonly message: string;
  /** Similar instances or traffic without the mistake. */
  readonly without: readonly { readonly options?: InstanceOptions; readonly traffic?: Traffic }[];
}

/** A circuit breaker without findings. */
const sound = {
  slidingWindowSize: 10,
  minimumNumberOfCalls: 10,
  permittedNumberOfCallsInHalfOpenState: 3,
  maxWaitDurationInHalfOpenState: '1m',
  waitDurationInOpenState: '10s',
} as const;
const timeBased = { ...sound, slidingWindowType: 'TIME_BASED', minimumNumberOfCalls: 5 } as const;
const sequential2s: Traffic = { latencyMs: 2_000, concurrency: 1 };
const oneCallInPeriod: InstanceOptions = {
  rateLimiter: { limitForPeriod: 1, limitRefreshPeriod: '1s', timeoutDuration: 0 },
};

const twoEndpoints = ['http://a', 'http://b'];

class Outage extends Error {}
class Timeout extends Outage {}

const cases: readonly Case[] = [
  {
    code: 'minimum-above-count-window',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, minimumNumberOfCalls: 100 } },
    message: 'min(100, 10) = 10 calls',
    without: [
      { options: { circuitBreaker: sound } },
      { options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 100 } } },
    ],
  },
  {
    code: 'minimum-never-reached',
    severity: 'error',
    options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 6 } },
    traffic: sequential2s,
    message:
      '1 caller, with calls that take 2 s, can end at most ceil(10 s / 2 s) = 5 in it. Set minimumNumberOfCalls to at most 5, or slidingWindowSize to at least 11.',
    without: [
      { options: { circuitBreaker: timeBased } },
      { traffic: { latencyMs: 2_000, concurrency: 2 } },
      // The timeout ends calls earlier, so more of them end.
      {
        options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 6 }, timeLimiter: { timeoutDuration: '1s' } },
      },
      { traffic: { ...sequential2s, mostCallsInWindow: 6 } },
      { traffic: {} },
    ],
  },
  {
    code: 'minimum-never-reached',
    severity: 'warning',
    options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 11 } },
    traffic: { latencyMs: 2_000 },
    message:
      'holds the 11 calls of minimumNumberOfCalls only with at least 3 callers at a time: 1 caller, with calls that take 2 s, can end at most ceil(10 s / 2 s) = 5 in it.',
    without: [
      { options: { circuitBreaker: timeBased } },
      { traffic: { latencyMs: 900 } },
      { traffic: { latencyMs: 2_000, ratePerSecond: 2 } },
    ],
  },
  {
    code: 'minimum-never-reached',
    severity: 'error',
    options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 6 } },
    traffic: { ratePerSecond: 0.5 },
    message: '0.5 calls/s, evenly spread, are at most ceil(10 s × 0.5/s) = 5 in it',
    without: [
      { traffic: { ratePerSecond: 0.6 } },
      { options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 6 }, retry: { maxAttempts: 2 } } },
      { traffic: { ratePerSecond: 0.5, mostCallsInWindow: 7 } },
    ],
  },
  {
    code: 'minimum-never-reached',
    severity: 'error',
    options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 11 }, bulkhead: { maxConcurrentCalls: 2 } },
    traffic: { latencyMs: 2_000 },
    message:
      '2 permits of the bulkhead, with calls that take 2 s, can end at most ceil(10 s / 2 s) = 5 in it each, 2 × 5 = 10 in total.',
    without: [
      { options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 10 }, bulkhead: { maxConcurrentCalls: 2 } } },
    ],
  },
  {
    code: 'minimum-not-always-reached',
    severity: 'warning',
    options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 10 } },
    traffic: { latencyMs: 2_000, concurrency: 2 },
    message: 'it can be as few as 9',
    without: [
      { options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 9 } } },
      { options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 11 } } },
    ],
  },
  {
    code: 'opens-late',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, slidingWindowSize: 100, minimumNumberOfCalls: 20 } },
    traffic: { ratePerSecond: 0.5 },
    message: '50 / 0.5 calls/s = 100 s',
    without: [{ traffic: { ratePerSecond: 0.9 } }, { traffic: {} }],
  },
  {
    code: 'opens-late',
    severity: 'warning',
    options: { circuitBreaker: { ...timeBased, slidingWindowSize: 300 } },
    message: '50 % × 300 s = 150 s',
    without: [
      { options: { circuitBreaker: { ...timeBased, slidingWindowSize: 100 } } },
      { traffic: { ratePerSecond: 0.01 } },
    ],
  },
  {
    code: 'single-call-opens',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, minimumNumberOfCalls: 2 } },
    message: '100 % / 2 = 50 %',
    without: [{ options: { circuitBreaker: { ...sound, minimumNumberOfCalls: 3 } } }],
  },
  {
    code: 'threshold-needs-every-call',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, failureRateThreshold: 95 } },
    message: '9 / 10 = 90 %',
    without: [{ options: { circuitBreaker: { ...sound, failureRateThreshold: 90 } } }],
  },
  {
    code: 'threshold-needs-every-call',
    severity: 'info',
    options: { circuitBreaker: { ...sound, slowCallDurationThreshold: '1s' } },
    message: 'slowCallRateThreshold (100 %) only if all were slow',
    without: [{ options: { circuitBreaker: sound } }],
  },
  {
    code: 'threshold-never-reached',
    severity: 'error',
    options: { circuitBreaker: { ...sound, recordExceptions: [Timeout], ignoreExceptions: [Outage] } },
    message: 'ignoreExceptions (Outage) covers every error that counts as a failure (Timeout)',
    without: [
      { options: { circuitBreaker: { ...sound, recordExceptions: [Outage], ignoreExceptions: [Timeout] } } },
      { options: { circuitBreaker: { ...sound, ignoreExceptions: [Outage] } } },
      { options: { circuitBreaker: { ...sound, ignoreExceptions: [Error], recordResult: () => true } } },
    ],
  },
  {
    code: 'threshold-never-reached',
    severity: 'error',
    options: { circuitBreaker: { ...sound, ignoreExceptions: [Error] } },
    message: '(every Error)',
    without: [],
  },
  {
    code: 'combined-threshold-never-decides',
    severity: 'error',
    options: { circuitBreaker: { ...sound, combinedRateThreshold: 100, slowCallRateThreshold: 50 } },
    message: '50 % + 50 % = 100 %',
    without: [{ options: { circuitBreaker: { ...sound, combinedRateThreshold: 99, slowCallRateThreshold: 50 } } }],
  },
  {
    code: 'slow-threshold-above-timeout',
    severity: 'error',
    options: {
      circuitBreaker: { ...sound, slowCallDurationThreshold: '2s' },
      timeLimiter: { timeoutDuration: '1s' },
    },
    message: '1 s ≤ 2 s',
    without: [
      { options: { circuitBreaker: { ...sound, slowCallDurationThreshold: 999 }, timeLimiter: {} } },
      { options: { circuitBreaker: { ...sound, slowCallDurationThreshold: '2s' } } },
      {
        options: {
          circuitBreaker: { ...sound, slowCallDurationThreshold: '2s' },
          timeLimiter: {},
          order: ['timeLimiter', 'circuitBreaker'],
        },
      },
    ],
  },
  {
    code: 'slow-threshold-above-timeout',
    severity: 'info',
    options: { circuitBreaker: sound, timeLimiter: {} },
    message: '1 s ≤ 60 s',
    without: [],
  },
  {
    code: 'slow-threshold-above-timeout',
    severity: 'warning',
    options: {
      circuitBreaker: { ...sound, slowCallDurationThreshold: '2s' },
      timeLimiter: {},
      rateLimiter: { timeoutDuration: '3s', limitRefreshPeriod: '1s' },
    },
    message: 'up to 1 s + 3 s = 4 s',
    without: [],
  },
  {
    code: 'slow-calls-noticed-late',
    severity: 'info',
    options: {
      circuitBreaker: { ...sound, slowCallDurationThreshold: '1s' },
      timeLimiter: { timeoutDuration: '3s' },
    },
    message: 'opens 3 s - 1 s = 2 s later than it could',
    without: [
      {
        options: {
          circuitBreaker: { ...sound, slowCallDurationThreshold: '1s', slowCallsInFlightEnabled: true },
          timeLimiter: { timeoutDuration: '3s' },
        },
      },
      {
        options: {
          circuitBreaker: { ...sound, slowCallDurationThreshold: '1s' },
          timeLimiter: { timeoutDuration: '1999ms' },
        },
      },
      {
        options: {
          circuitBreaker: { ...sound, slowCallDurationThreshold: '1s' },
          timeLimiter: { timeoutDuration: '3s' },
          order: ['timeLimiter', 'circuitBreaker'],
        },
      },
      {
        options: {
          circuitBreaker: { engine: 'opossum', slidingWindowType: 'TIME_BASED', slowCallDurationThreshold: '1s' },
          timeLimiter: { timeoutDuration: '3s' },
        },
      },
    ],
  },
  {
    code: 'slow-threshold-never-reached',
    severity: 'info',
    options: { circuitBreaker: { ...sound, slowCallDurationThreshold: '2s' } },
    traffic: { latencyMs: 2_000 },
    message: '2 s ≤ 2 s',
    without: [{ traffic: { latencyMs: 2_001 } }, { traffic: { latencyMs: 400, slowCallRate: 0 } }],
  },
  {
    code: 'slow-threshold-below-latency',
    severity: 'warning',
    options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 6, slowCallDurationThreshold: '1s' } },
    traffic: { latencyMs: 2_000 },
    message: 'once the window holds 6 calls',
    without: [],
  },
  {
    code: 'slow-threshold-below-latency',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, slowCallDurationThreshold: '1s', slowCallRateThreshold: 80 } },
    // Of the mean alone, every call would be fast.
    traffic: { latencyMs: 850, slowCallRate: 80 },
    message: '80 % of the observed calls took longer than 1 s and are slow, which reaches 80 %',
    without: [
      // Of the mean alone, every call would be slow.
      { traffic: { latencyMs: 1_500, slowCallRate: 79 } },
    ],
  },
  {
    code: 'slow-threshold-below-latency',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, slowCallDurationThreshold: '1s' } },
    traffic: { latencyMs: 2_000 },
    message: '10 / 10 = 100 %',
    without: [
      { traffic: { latencyMs: 1_000 } },
      {
        options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 6, slowCallDurationThreshold: '1s' } },
        traffic: sequential2s,
      },
    ],
  },
  {
    code: 'initial-state-is-final',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, initialState: 'METRICS_ONLY' } },
    message: 'it never opens',
    without: [{ options: { circuitBreaker: { ...sound, initialState: 'HALF_OPEN' } } }],
  },
  {
    code: 'wait-in-open-too-short',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, waitDurationInOpenState: '100ms' } },
    message: '3 × 60 s / 100 ms = 1800 a minute',
    without: [{ options: { circuitBreaker: { ...sound, waitDurationInOpenState: '1s' } } }],
  },
  {
    code: 'half-open-permits-unreached',
    severity: 'error',
    options: { circuitBreaker: { ...sound, maxWaitDurationInHalfOpenState: '4s' } },
    traffic: { ratePerSecond: 0.5 },
    message: 'at 0.5 calls/s at most ceil(4 s × 0.5/s) = 2 end in time. It returns to OPEN each time',
    without: [
      { traffic: { ratePerSecond: 0.51 } },
      { options: { circuitBreaker: { ...sound, maxWaitDurationInHalfOpenState: 0 } } },
      { options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 2, maxWaitDurationInHalfOpenState: '4s' } } },
    ],
  },
  {
    code: 'half-open-permits-unreached',
    severity: 'warning',
    options: {
      circuitBreaker: {
        ...sound,
        maxWaitDurationInHalfOpenState: '6s',
        transitionToStateAfterWaitDuration: 'CLOSED',
      },
    },
    traffic: sequential2s,
    message: 'with 1 caller at most (ceil(6 s / 2 s) - 1) = 2 calls end in time. It closes each time',
    without: [{ traffic: { latencyMs: 1_999, concurrency: 1 } }],
  },
  {
    code: 'half-open-decides-early',
    severity: 'info',
    options: { circuitBreaker: { ...sound, permittedNumberOfCallsInHalfOpenState: 20 } },
    message: 'min(20, 10) = 10 calls',
    without: [{ options: { circuitBreaker: { ...sound, permittedNumberOfCallsInHalfOpenState: 10 } } }],
  },
  {
    code: 'half-open-can-hang',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, maxWaitDurationInHalfOpenState: 0 } },
    message: '3 - 3 + 1 = 1 never ends',
    without: [
      { options: { circuitBreaker: sound } },
      { options: { circuitBreaker: { ...sound, maxWaitDurationInHalfOpenState: 0 }, timeLimiter: {} } },
    ],
  },
  {
    code: 'timeout-below-latency',
    severity: 'error',
    options: { timeLimiter: { timeoutDuration: '1s' } },
    traffic: { latencyMs: 1_001 },
    message: '1.001 s > 1 s',
    without: [{ traffic: { latencyMs: 1_000 } }, { traffic: { latencyMs: 1_001, slowCallRate: 0 } }],
  },
  {
    code: 'timeout-above-caller-deadline',
    severity: 'error',
    options: { timeLimiter: { timeoutDuration: '5s' } },
    traffic: { callerDeadlineMs: 3_000 },
    message: '5 s - 3 s = 2 s',
    without: [{ traffic: { callerDeadlineMs: 5_000 } }, { traffic: {} }],
  },
  {
    code: 'time-limiter-outside-breaker',
    severity: 'error',
    options: { circuitBreaker: sound, timeLimiter: {}, order: ['timeLimiter', 'circuitBreaker'] },
    message: 'is not recorded',
    without: [
      { options: { circuitBreaker: sound, timeLimiter: {} } },
      {
        options: {
          circuitBreaker: sound,
          timeLimiter: { cancelRunningFuture: false },
          order: ['timeLimiter', 'circuitBreaker'],
        },
      },
    ],
  },
  {
    code: 'wait-above-caller-deadline',
    severity: 'warning',
    options: { rateLimiter: { limitRefreshPeriod: '1s' } },
    traffic: { callerDeadlineMs: 3_000 },
    message: '5 s for the rate limiter',
    without: [{ traffic: { callerDeadlineMs: 5_000 } }],
  },
  {
    code: 'retry-exceeds-caller-patience',
    severity: 'warning',
    options: { retry: { maxAttempts: 3, waitDuration: '500ms' }, timeLimiter: { timeoutDuration: '1s' } },
    traffic: { callerDeadlineMs: 3_000 },
    message: '3 attempts × 1 s + 1 s of waits = 4 s',
    without: [{ traffic: { callerDeadlineMs: 4_000 } }, { options: { retry: {} } }],
  },
  {
    code: 'retry-exceeds-caller-patience',
    severity: 'error',
    options: { retry: { maxAttempts: 4, intervalFunction: (attempt) => attempt * 1_000 } },
    traffic: { callerDeadlineMs: 6_000 },
    message: 'alone are 6 s',
    without: [{ traffic: { callerDeadlineMs: 6_001 } }],
  },
  {
    code: 'retry-fills-window',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, minimumNumberOfCalls: 3 }, retry: { maxAttempts: 3 } },
    message: '3 / 3 = 100 %',
    without: [
      { options: { circuitBreaker: { ...sound, minimumNumberOfCalls: 4 }, retry: { maxAttempts: 3 } } },
      {
        options: {
          circuitBreaker: { ...sound, minimumNumberOfCalls: 3 },
          retry: { maxAttempts: 3 },
          order: ['circuitBreaker', 'retry'],
        },
      },
      {
        options: {
          circuitBreaker: { ...timeBased, minimumNumberOfCalls: 3 },
          retry: { maxAttempts: 3, waitDuration: '5s' },
        },
      },
    ],
  },
  {
    code: 'retry-of-refusals',
    severity: 'warning',
    options: { retry: { retryExceptions: [CallNotPermittedError] } },
    message: 'never repeats anything',
    without: [{ options: { retry: { retryExceptions: [Outage] } } }],
  },
  {
    code: 'retry-never-retries',
    severity: 'info',
    options: { retry: { maxAttempts: 1 } },
    message: '1 - 1 = 0',
    without: [{ options: { retry: { maxAttempts: 2 } } }],
  },
  {
    code: 'retry-never-retries',
    severity: 'warning',
    options: { retry: { retryExceptions: [Timeout], ignoreExceptions: [Outage] } },
    message: 'no call is ever repeated',
    without: [{ options: { retry: { retryExceptions: [Outage], ignoreExceptions: [Timeout] } } }],
  },
  {
    code: 'open-outlasts-retries',
    severity: 'info',
    options: { circuitBreaker: sound, retry: { maxAttempts: 3, waitDuration: '500ms' } },
    message: 'All waits of the retry are 1 s, OPEN lasts 10 s',
    without: [
      { options: { circuitBreaker: sound, retry: { maxAttempts: 3, waitDuration: '501ms' } } },
      {
        options: {
          circuitBreaker: sound,
          retry: { maxAttempts: 3, waitDuration: '500ms' },
          fallback: { handlers: [] },
        },
      },
      { options: { circuitBreaker: sound, retry: { maxAttempts: 3, waitDuration: '500ms' }, cachedFallback: {} } },
    ],
  },
  {
    code: 'retry-inside-breaker',
    severity: 'warning',
    options: { circuitBreaker: sound, retry: { maxAttempts: 4 }, order: ['circuitBreaker', 'retry'] },
    message: '3 × 4 = 12 trial calls',
    without: [{ options: { circuitBreaker: sound, retry: { maxAttempts: 4 } } }],
  },
  {
    code: 'timeout-cuts-retries',
    severity: 'warning',
    options: {
      retry: { maxAttempts: 2, waitDuration: '500ms' },
      timeLimiter: { timeoutDuration: '1s' },
      order: ['timeLimiter', 'retry'],
    },
    traffic: { latencyMs: 300 },
    message: '2 attempts × 300 ms + 500 ms of waits = 1.1 s',
    without: [{ traffic: { latencyMs: 250 } }],
  },
  {
    code: 'timeout-cuts-retries',
    severity: 'error',
    options: { retry: { maxAttempts: 3 }, timeLimiter: {}, order: ['timeLimiter', 'retry'] },
    message: 'alone are 1 s',
    without: [{ options: { retry: { maxAttempts: 3 }, timeLimiter: {} } }],
  },
  {
    code: 'attempt-outlasts-deadline',
    severity: 'error',
    options: { deadline: { timeoutDuration: '5s' }, retry: {}, timeLimiter: { timeoutDuration: '10s' } },
    message: 'ends a call after 5 s, but one attempt may take 10 s',
    without: [
      { options: { deadline: { timeoutDuration: '5s' }, timeLimiter: { timeoutDuration: '2s' } } },
      { options: { deadline: { timeoutDuration: '5s' } } },
      {
        options: {
          deadline: { timeoutDuration: '5s' },
          timeLimiter: { timeoutDuration: '10s' },
          order: ['timeLimiter', 'deadline'],
        },
      },
    ],
  },
  {
    code: 'bulkhead-below-demand',
    severity: 'error',
    options: { bulkhead: { maxConcurrentCalls: 5, maxWaitDuration: '10s' } },
    traffic: { ratePerSecond: 10, latencyMs: 2_000 },
    message: '10 calls/s × 2 s = 20 calls are in flight, but maxConcurrentCalls is 5: (20 - 5) / 20 = 75 %',
    without: [
      { traffic: { ratePerSecond: 2.5, latencyMs: 2_000 } },
      { traffic: { ratePerSecond: 10, latencyMs: 2_000, concurrency: 5 } },
      { traffic: { ratePerSecond: 10 } },
      { options: { bulkhead: { maxConcurrentCalls: 5 }, timeLimiter: { timeoutDuration: '500ms' } } },
    ],
  },
  {
    code: 'bulkhead-below-demand',
    severity: 'error',
    options: { bulkhead: { maxConcurrentCalls: 2 } },
    traffic: { concurrency: 3 },
    message: '3 callers make calls at the same time',
    without: [
      { traffic: { concurrency: 2 } },
      { options: { bulkhead: { maxConcurrentCalls: 2, maxWaitDuration: '1s' } } },
    ],
  },
  {
    code: 'bulkhead-below-demand',
    severity: 'error',
    options: { bulkhead: { maxConcurrentCalls: 0 } },
    message: 'every call is refused',
    without: [],
  },
  {
    code: 'bulkhead-wait-above-timeout',
    severity: 'warning',
    options: { bulkhead: { maxWaitDuration: '1s' }, timeLimiter: { timeoutDuration: '1s' } },
    message: '1 s ≥ 1 s',
    without: [
      { options: { bulkhead: { maxWaitDuration: 999 }, timeLimiter: {} } },
      { options: { bulkhead: { maxWaitDuration: '1s' }, timeLimiter: {}, order: ['bulkhead', 'timeLimiter'] } },
    ],
  },
  {
    code: 'rate-limit-below-rate',
    severity: 'error',
    options: oneCallInPeriod,
    traffic: { ratePerSecond: 4 },
    message: '(4 - 1) / 4 = 75 %',
    without: [{ traffic: { ratePerSecond: 1 } }],
  },
  {
    code: 'rate-limit-without-effect',
    severity: 'warning',
    options: { rateLimiter: { limitForPeriod: 10 } },
    message: '10 calls / 500 ns = 20000000 calls/s',
    without: [{ options: oneCallInPeriod }],
  },
  {
    code: 'endpoint-pool-without-endpoints',
    severity: 'info',
    options: { endpointPool: {} },
    message: 'Neither endpoints nor dnsUrl nor resolver is set here',
    without: [
      { options: { endpointPool: { endpoints: twoEndpoints } } },
      { options: { endpointPool: { dnsUrl: 'http://customer' } } },
      { options: { endpointPool: { resolver: { resolve: () => [] } } } },
    ],
  },
  {
    code: 'one-bad-replica-opens-all',
    severity: 'warning',
    options: { circuitBreaker: sound, endpointPool: { endpoints: twoEndpoints, consecutiveFailures: 6 } },
    message: '5 / 10 calls = 50 % ≥ 50 %. Set consecutiveFailures and consecutiveConnectionErrors to at most 5',
    without: [
      { options: { circuitBreaker: sound, endpointPool: { endpoints: twoEndpoints } } },
      { options: { circuitBreaker: {}, endpointPool: { endpoints: twoEndpoints, consecutiveFailures: 6 } } },
      { options: { endpointPool: { endpoints: twoEndpoints, consecutiveFailures: 6 } } },
    ],
  },
  {
    code: 'one-bad-replica-opens-all',
    severity: 'warning',
    options: { circuitBreaker: sound, endpointPool: { dnsUrl: 'http://customer', outlierDetectionEnabled: false } },
    message: '100 % / 2 = 50 % of all calls',
    without: [
      {
        options: {
          circuitBreaker: sound,
          endpointPool: { endpoints: [...twoEndpoints, 'http://c'], outlierDetectionEnabled: false },
        },
      },
    ],
  },
  {
    code: 'one-bad-replica-opens-all',
    severity: 'warning',
    options: {
      circuitBreaker: sound,
      endpointPool: { endpoints: twoEndpoints },
      order: ['endpointPool', 'circuitBreaker'],
    },
    message: 'The circuit breaker is inside the endpoint pool',
    without: [],
  },
  {
    code: 'slow-replica-not-ejected',
    severity: 'info',
    options: {
      circuitBreaker: { ...sound, slowCallDurationThreshold: '1s' },
      endpointPool: { endpoints: twoEndpoints, slowCallDurationThreshold: '2s' },
    },
    message: '2 s > 1 s',
    without: [
      {
        options: {
          circuitBreaker: { ...sound, slowCallDurationThreshold: '1s' },
          endpointPool: { endpoints: twoEndpoints, slowCallDurationThreshold: '1s' },
        },
      },
    ],
  },
  {
    code: 'panic-threshold-above-ejection-limit',
    severity: 'warning',
    options: { endpointPool: { endpoints: twoEndpoints, panicThreshold: 60 } },
    message: 'Of 2 endpoints, 1 may be ejected, which leaves 1 / 2 = 50 % < panicThreshold 60 %',
    without: [
      { options: { endpointPool: { endpoints: twoEndpoints } } },
      { options: { endpointPool: { endpoints: [...twoEndpoints, 'http://c'], panicThreshold: 60 } } },
      { options: { endpointPool: { endpoints: twoEndpoints, panicThreshold: 60, outlierDetectionEnabled: false } } },
    ],
  },
  {
    code: 'panic-threshold-above-ejection-limit',
    severity: 'warning',
    options: { endpointPool: { dnsUrl: 'http://customer', maxEjectionPercent: 70 } },
    message: 'Of 3 endpoints, 2 may be ejected, which leaves 1 / 3 = 33.333 % < panicThreshold 50 %',
    without: [{ options: { endpointPool: { dnsUrl: 'http://customer', maxEjectionPercent: 50 } } }],
  },
];

function found(code: FindingCode, options: InstanceOptions, traffic?: Traffic) {
  return diagnose([describeInstance('customer', options)], traffic).filter((finding) => finding.code === code);
}

describe('diagnose', () => {
  it.each(cases)('finds $code as $severity: $message', ({ code, severity, options, traffic, message }) => {
    const [finding, ...others] = found(code, options, traffic);

    expect(others).toEqual([]);
    expect(finding).toStrictEqual({ instance: 'customer', code, severity, message: expect.stringContaining(message) });
  });

  it.each(
    cases.flatMap(({ code, options, traffic = {}, without }) =>
      without.map((other) => ({ code, options: other.options ?? options, traffic: other.traffic ?? traffic })),
    ),
  )('does not find $code in $options with $traffic', ({ code, options, traffic }) => {
    expect(found(code, options, traffic)).toEqual([]);
  });

  it('is tested with every code', () => {
    const untested = checks.map(({ code }) => code).filter((code) => !cases.some((one) => one.code === code));

    expect(untested).toEqual([]);
  });

  it('uses each code for one check', () => {
    expect(new Set(checks.map(({ code }) => code)).size).toBe(checks.length);
  });

  it('finds nothing in a configuration without mistakes', () => {
    const options = { circuitBreaker: { ...sound, slowCallDurationThreshold: '1s', slowCallRateThreshold: 80 } };
    const traffic = { ratePerSecond: 5, callerDeadlineMs: 5_000 };

    expect(diagnose([describeInstance('customer', options)], traffic)).toEqual([]);
  });

  it('returns the worst finding of each instance first', () => {
    const options = {
      circuitBreaker: {
        ...timeBased,
        minimumNumberOfCalls: 6,
        maxWaitDurationInHalfOpenState: 0,
        waitDurationInOpenState: 10,
      },
    };

    const findings = diagnose([describeInstance('b', options), describeInstance('a', options)], sequential2s);

    expect(findings.map(({ instance, severity }) => `${instance} ${severity}`)).toEqual([
      'b error',
      'b warning',
      'b warning',
      'b info',
      'a error',
      'a warning',
      'a warning',
      'a info',
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new TypeError('no such attempt');
      },
    ],
    ['returns NaN', () => Number.NaN],
    ['returns infinity', () => Infinity],
    ['returns a negative number', () => -1],
  ])('assumes the default wait in OPEN where the interval function of a circuit breaker %s', (_how, wait) => {
    const { waitDurationInOpenState: _constant, ...others } = sound;
    const circuitBreaker = { ...others, waitIntervalFunctionInOpenState: wait };

    expect(diagnose([describeInstance('customer', { circuitBreaker })])).toEqual([]);
  });

  it.each([Number.NaN, Infinity])('does not count %d as a wait of a retry', (waitMs) => {
    const instance = describeInstance('customer', { retry: { intervalFunction: () => waitMs } });

    expect(diagnose([instance], { callerDeadlineMs: 100 })).toEqual([]);
  });

  it("survives an application's interval function that throws", () => {
    const retry = {
      intervalBiFunction: () => {
        throw new TypeError('no such error');
      },
    };

    expect(diagnose([describeInstance('customer', { retry })], { callerDeadlineMs: 100 })).toEqual([]);
  });
});

describe('startUpWarnings', () => {
  it('returns errors and warnings, each in one line with its code', () => {
    const instance = describeInstance('customer', {
      circuitBreaker: { ...sound, minimumNumberOfCalls: 100, maxWaitDurationInHalfOpenState: 0 },
    });

    expect(startUpWarnings([instance])).toStrictEqual([
      'customer: minimumNumberOfCalls is 100, but a window of 10 calls never holds more than 10: rates are evaluated from ' +
        'min(100, 10) = 10 calls on. Set minimumNumberOfCalls to 10, or slidingWindowSize to at least 100 to wait for ' +
        'that many calls. (minimum-above-count-window)',
      expect.stringMatching(/^customer: HALF_OPEN permits .* \(half-open-can-hang\)$/),
    ]);
  });
});
