import { describe, expect, it } from 'vitest';
import { CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { checks, type FindingCode } from './checks.ts';
import { diagnose, startUpWarnings } from './diagnose.ts';
import type { Severity } from './finding.ts';
import { describeInstance, type InstanceOptions } from './instance.ts';
import type { Traffic } from './traffic.ts';

interface Case {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly options: InstanceOptions;
  readonly traffic?: Traffic;
  /** The arithmetic, as it is told. */
  readonly told: string;
  /** What is just not that mistake. */
  readonly without: readonly { readonly options?: InstanceOptions; readonly traffic?: Traffic }[];
}

/** A circuit breaker with nothing to find fault with. */
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

class Outage extends Error {}
class Timeout extends Outage {}

const cases: readonly Case[] = [
  {
    code: 'minimum-above-count-window',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, minimumNumberOfCalls: 100 } },
    told: 'min(100, 10) = 10 calls',
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
    told: '1 caller, with calls that take 2 s, can end at most ceil(10 s / 2 s) = 5 in it. Set minimumNumberOfCalls to at most 5, or slidingWindowSize to at least 11.',
    without: [
      { options: { circuitBreaker: timeBased } },
      { traffic: { latencyMs: 2_000 } },
      { traffic: { latencyMs: 2_000, concurrency: 2 } },
      // The timeout ends calls, so that there are more of them.
      {
        options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 6 }, timeLimiter: { timeoutDuration: '1s' } },
      },
      { traffic: { ...sequential2s, mostCallsInWindow: 6 } },
      { traffic: {} },
    ],
  },
  {
    code: 'minimum-never-reached',
    severity: 'error',
    options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 6 } },
    traffic: { ratePerSecond: 0.5 },
    told: '0.5 calls/s, evenly spread, are at most ceil(10 s × 0.5/s) = 5 in it',
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
    told: '2 places in the bulkhead, with calls that take 2 s, can end at most ceil(10 s / 2 s) = 5 in it each, 2 × 5 = 10 together.',
    without: [
      { options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 10 }, bulkhead: { maxConcurrentCalls: 2 } } },
    ],
  },
  {
    code: 'minimum-not-always-reached',
    severity: 'warning',
    options: { circuitBreaker: { ...timeBased, minimumNumberOfCalls: 10 } },
    traffic: { latencyMs: 2_000, concurrency: 2 },
    told: 'it can be as few as 9',
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
    told: '50 / 0.5 calls/s = 100 s',
    without: [{ traffic: { ratePerSecond: 0.9 } }, { traffic: {} }],
  },
  {
    code: 'opens-late',
    severity: 'warning',
    options: { circuitBreaker: { ...timeBased, slidingWindowSize: 300 } },
    told: '50 % × 300 s = 150 s',
    without: [
      { options: { circuitBreaker: { ...timeBased, slidingWindowSize: 100 } } },
      { traffic: { ratePerSecond: 0.01 } },
    ],
  },
  {
    code: 'single-call-opens',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, minimumNumberOfCalls: 2 } },
    told: '100 % / 2 = 50 %',
    without: [{ options: { circuitBreaker: { ...sound, minimumNumberOfCalls: 3 } } }],
  },
  {
    code: 'threshold-needs-every-call',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, failureRateThreshold: 95 } },
    told: '9 / 10 = 90 %',
    without: [{ options: { circuitBreaker: { ...sound, failureRateThreshold: 90 } } }],
  },
  {
    code: 'threshold-needs-every-call',
    severity: 'info',
    options: { circuitBreaker: { ...sound, slowCallDurationThreshold: '1s' } },
    told: 'slowCallRateThreshold (100 %) only if all were slow',
    without: [{ options: { circuitBreaker: sound } }],
  },
  {
    code: 'threshold-never-reached',
    severity: 'error',
    options: { circuitBreaker: { ...sound, recordExceptions: [Timeout], ignoreExceptions: [Outage] } },
    told: 'ignoreExceptions (Outage) covers all that counts as a failure (Timeout)',
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
    told: '(every Error)',
    without: [],
  },
  {
    code: 'combined-threshold-never-decides',
    severity: 'error',
    options: { circuitBreaker: { ...sound, combinedRateThreshold: 100, slowCallRateThreshold: 50 } },
    told: '50 % + 50 % = 100 %',
    without: [{ options: { circuitBreaker: { ...sound, combinedRateThreshold: 99, slowCallRateThreshold: 50 } } }],
  },
  {
    code: 'slow-threshold-above-timeout',
    severity: 'error',
    options: {
      circuitBreaker: { ...sound, slowCallDurationThreshold: '2s' },
      timeLimiter: { timeoutDuration: '1s' },
    },
    told: '1 s ≤ 2 s',
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
    told: '1 s ≤ 60 s',
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
    told: 'up to 1 s + 3 s = 4 s',
    without: [],
  },
  {
    code: 'slow-threshold-never-reached',
    severity: 'info',
    options: { circuitBreaker: { ...sound, slowCallDurationThreshold: '2s' } },
    traffic: { latencyMs: 2_000 },
    told: '2 s ≤ 2 s',
    without: [{ traffic: { latencyMs: 2_001 } }],
  },
  {
    code: 'slow-threshold-below-latency',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, slowCallDurationThreshold: '1s' } },
    traffic: { latencyMs: 2_000 },
    told: '10 / 10 = 100 %',
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
    told: 'it never opens',
    without: [{ options: { circuitBreaker: { ...sound, initialState: 'HALF_OPEN' } } }],
  },
  {
    code: 'wait-in-open-too-short',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, waitDurationInOpenState: '100ms' } },
    told: '3 × 60 s / 100 ms = 1800 a minute',
    without: [{ options: { circuitBreaker: { ...sound, waitDurationInOpenState: '1s' } } }],
  },
  {
    code: 'half-open-permits-unreached',
    severity: 'error',
    options: { circuitBreaker: { ...sound, maxWaitDurationInHalfOpenState: '4s' } },
    traffic: { ratePerSecond: 0.5 },
    told: 'at 0.5 calls/s at most ceil(4 s × 0.5/s) = 2 end in time. It goes back to OPEN each time',
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
    told: 'of 1 caller at most (ceil(6 s / 2 s) - 1) = 2 calls end in time. It closes each time',
    without: [{ traffic: { latencyMs: 1_999, concurrency: 1 } }],
  },
  {
    code: 'half-open-decides-early',
    severity: 'info',
    options: { circuitBreaker: { ...sound, permittedNumberOfCallsInHalfOpenState: 20 } },
    told: 'min(20, 10) = 10 calls',
    without: [{ options: { circuitBreaker: { ...sound, permittedNumberOfCallsInHalfOpenState: 10 } } }],
  },
  {
    code: 'half-open-can-hang',
    severity: 'info',
    options: { circuitBreaker: { ...sound, maxWaitDurationInHalfOpenState: 0 } },
    told: '3 - 3 + 1 = 1 never ends',
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
    told: '1.001 s > 1 s',
    without: [{ traffic: { latencyMs: 1_000 } }],
  },
  {
    code: 'timeout-above-caller-deadline',
    severity: 'error',
    options: { timeLimiter: { timeoutDuration: '5s' } },
    traffic: { callerDeadlineMs: 3_000 },
    told: '5 s - 3 s = 2 s',
    without: [{ traffic: { callerDeadlineMs: 5_000 } }, { traffic: {} }],
  },
  {
    code: 'time-limiter-outside-breaker',
    severity: 'error',
    options: { circuitBreaker: sound, timeLimiter: {}, order: ['timeLimiter', 'circuitBreaker'] },
    told: 'counts for nothing',
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
    told: '5 s for the rate limiter',
    without: [{ traffic: { callerDeadlineMs: 5_000 } }],
  },
  {
    code: 'retry-exceeds-caller-patience',
    severity: 'warning',
    options: { retry: { maxAttempts: 3, waitDuration: '500ms' }, timeLimiter: { timeoutDuration: '1s' } },
    traffic: { callerDeadlineMs: 3_000 },
    told: '3 attempts × 1 s + 1 s of waits = 4 s',
    without: [{ traffic: { callerDeadlineMs: 4_000 } }, { options: { retry: {} } }],
  },
  {
    code: 'retry-exceeds-caller-patience',
    severity: 'error',
    options: { retry: { maxAttempts: 4, intervalFunction: (attempt) => attempt * 1_000 } },
    traffic: { callerDeadlineMs: 6_000 },
    told: 'are 6 s by themselves',
    without: [{ traffic: { callerDeadlineMs: 6_001 } }],
  },
  {
    code: 'retry-fills-window',
    severity: 'warning',
    options: { circuitBreaker: { ...sound, minimumNumberOfCalls: 3 }, retry: { maxAttempts: 3 } },
    told: '3 / 3 = 100 %',
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
    told: 'never repeats anything',
    without: [{ options: { retry: { retryExceptions: [Outage] } } }],
  },
  {
    code: 'retry-never-retries',
    severity: 'info',
    options: { retry: { maxAttempts: 1 } },
    told: '1 - 1 = 0',
    without: [{ options: { retry: { maxAttempts: 2 } } }],
  },
  {
    code: 'retry-never-retries',
    severity: 'warning',
    options: { retry: { retryExceptions: [Timeout], ignoreExceptions: [Outage] } },
    told: 'no call is ever repeated',
    without: [{ options: { retry: { retryExceptions: [Outage], ignoreExceptions: [Timeout] } } }],
  },
  {
    code: 'open-outlasts-retries',
    severity: 'info',
    options: { circuitBreaker: sound, retry: { maxAttempts: 3, waitDuration: '500ms' } },
    told: 'All waits of the retry are 1 s, OPEN lasts 10 s',
    without: [{ options: { circuitBreaker: sound, retry: { maxAttempts: 3, waitDuration: '501ms' } } }],
  },
  {
    code: 'retry-inside-breaker',
    severity: 'warning',
    options: { circuitBreaker: sound, retry: { maxAttempts: 4 }, order: ['circuitBreaker', 'retry'] },
    told: '3 × 4 = 12 calls on trial',
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
    told: '2 attempts × 300 ms + 500 ms of waits = 1.1 s',
    without: [{ traffic: { latencyMs: 250 } }],
  },
  {
    code: 'timeout-cuts-retries',
    severity: 'error',
    options: { retry: { maxAttempts: 3 }, timeLimiter: {}, order: ['timeLimiter', 'retry'] },
    told: 'are 1 s by themselves',
    without: [{ options: { retry: { maxAttempts: 3 }, timeLimiter: {} } }],
  },
  {
    code: 'bulkhead-below-demand',
    severity: 'error',
    options: { bulkhead: { maxConcurrentCalls: 5, maxWaitDuration: '10s' } },
    traffic: { ratePerSecond: 10, latencyMs: 2_000 },
    told: '10 calls/s × 2 s = 20 calls are under way at once, but maxConcurrentCalls is 5: (20 - 5) / 20 = 75 %',
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
    told: '3 callers call at once',
    without: [
      { traffic: { concurrency: 2 } },
      { options: { bulkhead: { maxConcurrentCalls: 2, maxWaitDuration: '1s' } } },
    ],
  },
  {
    code: 'bulkhead-below-demand',
    severity: 'error',
    options: { bulkhead: { maxConcurrentCalls: 0 } },
    told: 'every call is refused',
    without: [],
  },
  {
    code: 'bulkhead-wait-above-timeout',
    severity: 'warning',
    options: { bulkhead: { maxWaitDuration: '1s' }, timeLimiter: { timeoutDuration: '1s' } },
    told: '1 s ≥ 1 s',
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
    told: '(4 - 1) / 4 = 75 %',
    without: [{ traffic: { ratePerSecond: 1 } }],
  },
  {
    code: 'rate-limit-without-effect',
    severity: 'warning',
    options: { rateLimiter: { limitForPeriod: 10 } },
    told: '10 calls / 500 ns = 20000000 calls/s',
    without: [{ options: oneCallInPeriod }],
  },
];

function found(code: FindingCode, options: InstanceOptions, traffic?: Traffic) {
  return diagnose([describeInstance('customer', options)], traffic).filter((finding) => finding.code === code);
}

describe('The doctor', () => {
  it.each(cases)('finds $code as $severity: $told', ({ code, severity, options, traffic, told }) => {
    const [finding, ...others] = found(code, options, traffic);

    expect(others).toEqual([]);
    expect(finding).toStrictEqual({ instance: 'customer', code, severity, message: expect.stringContaining(told) });
  });

  it.each(
    cases.flatMap(({ code, options, traffic = {}, without }) =>
      without.map((other) => ({ code, options: other.options ?? options, traffic: other.traffic ?? traffic })),
    ),
  )('finds no $code where it just is none: $options $traffic', ({ code, options, traffic }) => {
    expect(found(code, options, traffic)).toEqual([]);
  });

  it('has a case here for every code', () => {
    const untested = checks.map(({ code }) => code).filter((code) => !cases.some((one) => one.code === code));

    expect(untested).toEqual([]);
  });

  it('uses every code for one check only', () => {
    expect(new Set(checks.map(({ code }) => code)).size).toBe(checks.length);
  });

  it('finds nothing in a sound configuration', () => {
    const options = { circuitBreaker: { ...sound, slowCallDurationThreshold: '1s', slowCallRateThreshold: 80 } };
    const traffic = { ratePerSecond: 5, callerDeadlineMs: 5_000 };

    expect(diagnose([describeInstance('customer', options)], traffic)).toEqual([]);
  });

  it('tells what is worst first, instance by instance', () => {
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
      'b info',
      'b info',
      'a error',
      'a warning',
      'a info',
      'a info',
    ]);
  });

  it("asks an application's interval function carefully", () => {
    const retry = {
      intervalBiFunction: () => {
        throw new TypeError('no such error');
      },
    };

    expect(diagnose([describeInstance('customer', { retry })], { callerDeadlineMs: 100 })).toEqual([]);
  });
});

describe('The warnings at start-up', () => {
  it('are the errors and warnings, each in one line with its code', () => {
    const instance = describeInstance('customer', {
      circuitBreaker: { ...sound, minimumNumberOfCalls: 100, maxWaitDurationInHalfOpenState: 0 },
    });

    expect(startUpWarnings([instance])).toStrictEqual([
      'customer: minimumNumberOfCalls is 100, but a window of 10 calls never holds more than 10: rates are judged from ' +
        'min(100, 10) = 10 calls on. Set minimumNumberOfCalls to 10, or slidingWindowSize to at least 100 if you mean to ' +
        'wait for that many. (minimum-above-count-window)',
    ]);
  });
});
