import { describe, expect, it } from 'vitest';
import { explain } from './explain.ts';
import { describeInstance } from './instance.ts';

describe('An explanation', () => {
  it('says what a circuit breaker does', () => {
    const instance = describeInstance('customer', {
      circuitBreaker: {
        slidingWindowSize: 10,
        minimumNumberOfCalls: 5,
        slowCallDurationThreshold: '1s',
        slowCallRateThreshold: 80,
        waitDurationInOpenState: '10s',
        permittedNumberOfCallsInHalfOpenState: 3,
      },
    });

    expect(explain(instance)).toBe(
      'The circuit breaker judges the last 10 calls, from 5 calls on. It opens when 50 % of them failed, or 80 % took ' +
        'longer than 1 s. OPEN refuses every call for 10 s; then the next call begins HALF_OPEN. There 3 calls on trial may ' +
        'pass: it closes unless they reach a threshold; there is no limit to how long that takes.',
    );
  });

  it('says what is unusual about one', () => {
    const instance = describeInstance('customer', {
      circuitBreaker: {
        slidingWindowType: 'TIME_BASED',
        slidingWindowSize: 30,
        minimumNumberOfCalls: 5,
        combinedRateThreshold: 60,
        waitIntervalFunctionInOpenState: (attempt) => attempt * 2_000,
        waitJitterFactor: 0.5,
        automaticTransitionFromOpenToHalfOpenEnabled: true,
        maxWaitDurationInHalfOpenState: '20s',
        rampUpSteps: [10, 50],
      },
    });

    expect(explain(instance)).toBe(
      'The circuit breaker judges the last 30 seconds, from 5 calls on. It opens when 50 % of them failed, or 100 % took ' +
        'longer than 60 s, or 60 % were one or the other. OPEN refuses every call for 2 s the first time and up to 50 % ' +
        'longer; then a timer begins HALF_OPEN. There 10 calls on trial may pass, of which 5 decide: it lets 10 %, 50 % of ' +
        'the calls through, then closes, unless they reach a threshold; after 20 s it goes to OPEN all the same.',
    );
  });

  it('goes through the patterns from the outside in', () => {
    const options = {
      retry: { maxAttempts: 3, waitDuration: '200ms' },
      rateLimiter: { limitForPeriod: 100, limitRefreshPeriod: '1s', timeoutDuration: 0 },
      timeLimiter: { timeoutDuration: '2s' },
      bulkhead: { maxConcurrentCalls: 20, maxWaitDuration: '100ms' },
    };

    expect(explain(describeInstance('customer', options))).toBe(
      'The order is retry(rateLimiter(timeLimiter(bulkhead(call)))). A call that fails is made up to 3 times, with 200 ms ' +
        'between two attempts. At most 100 calls may begin in 1 s; further ones are refused at once. A call that takes ' +
        'longer than 2 s ends with an error, and its work is aborted. At most 20 calls may be under way at once; further ' +
        'ones wait up to 100 ms for a place.',
    );
    expect(explain(describeInstance('customer', { ...options, order: ['timeLimiter', 'retry'] }))).toMatch(
      /^The order is timeLimiter\(retry\(call\)\)\. A call that takes longer/,
    );
  });

  it('admits that there is nothing', () => {
    expect(explain({ name: 'customer' })).toBe('Nothing protects it.');
  });
});
