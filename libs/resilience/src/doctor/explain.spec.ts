import { describe, expect, it } from 'vitest';
import { explain } from './explain.ts';
import { describeInstance } from './instance.ts';

describe('explain', () => {
  it('describes a circuit breaker', () => {
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
      'The circuit breaker evaluates the last 10 calls, from 5 calls on. It opens when 50 % of them failed, or 80 % took ' +
        'longer than 1 s. OPEN refuses every call for 10 s; then the next call starts HALF_OPEN. It permits 3 trial calls, ' +
        'and closes unless they reach a threshold; its duration is not limited.',
    );
  });

  it('describes the unusual options of a circuit breaker', () => {
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
      'The circuit breaker evaluates the last 30 seconds, from 5 calls on. It opens when 50 % of them failed, or 100 % took ' +
        'longer than 60 s, or 60 % failed or were slow. OPEN refuses every call for 2 s the first time and up to 50 % ' +
        'longer; then a timer starts HALF_OPEN. It permits 10 trial calls, of which 5 decide, and permits 10 %, 50 % of ' +
        'the calls, then closes, unless they reach a threshold; after 20 s it changes to OPEN in any case.',
    );
  });

  it('describes policies in their order, outermost first', () => {
    const options = {
      retry: { maxAttempts: 3, waitDuration: '200ms' },
      rateLimiter: { limitForPeriod: 100, limitRefreshPeriod: '1s', timeoutDuration: 0 },
      timeLimiter: { timeoutDuration: '2s' },
      bulkhead: { maxConcurrentCalls: 20, maxWaitDuration: '100ms' },
    };

    expect(explain(describeInstance('customer', options))).toBe(
      'The order is retry(rateLimiter(timeLimiter(bulkhead(call)))). A call that fails is made up to 3 times, 200 ms ' +
        'after each attempt. At most 100 calls may start in 1 s; further ones are refused at once. A call that takes longer ' +
        'than 2 s ends with an error, and its work is aborted. At most 20 calls may be in flight; further ones wait up to ' +
        '100 ms for a permit.',
    );
    expect(explain(describeInstance('customer', { ...options, order: ['timeLimiter', 'retry'] }))).toMatch(
      /^The order is timeLimiter\(retry\(call\)\)\. A call that takes longer/,
    );
  });

  it('reports an instance without policies', () => {
    expect(explain({ name: 'customer' })).toBe('No policy protects it.');
  });
});
