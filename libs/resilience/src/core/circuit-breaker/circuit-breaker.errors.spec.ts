import { describe, expect, it } from 'vitest';
import {
  CallAbortedOnOpenError,
  CallNotPermittedError,
  IllegalStateTransitionError,
  ResultRecordedAsFailureError,
  UnsupportedByEngineError,
} from './circuit-breaker.errors.ts';

describe('CallNotPermittedError', () => {
  it.each([
    ['OPEN', 2_500, 'retry in 2.5 s'],
    ['OPEN', undefined, 'retry later'],
    ['HALF_OPEN', 2_500, 'retry when the trial calls have ended'],
    ['FORCED_OPEN', undefined, 'it keeps this state until an operator changes it'],
  ] as const)('in %s with %s ms left says what to do', (state, retryAfterMs, advice) => {
    const error = new CallNotPermittedError('customer', state, retryAfterMs);

    expect(error).toMatchObject({ code: 'CALL_NOT_PERMITTED', circuitBreakerName: 'customer', state, retryAfterMs });
    expect(error.message).toBe(`CircuitBreaker 'customer' is ${state} and does not permit further calls; ${advice}.`);
  });

  it.each([
    [true, /\n {4}at /],
    [false, /^(?!.*\n {4}at )/s],
  ])('by a circuit breaker with writableStackTraceEnabled %s has a stack trace accordingly', (enabled, stack) => {
    const refusing = {
      name: 'customer',
      state: 'OPEN',
      remainingMs: 1,
      config: { writableStackTraceEnabled: enabled },
    };

    expect(CallNotPermittedError.by(refusing as never).stack).toMatch(stack);
  });
});

describe('the other errors of a circuit breaker', () => {
  it.each([
    [
      new CallAbortedOnOpenError('customer'),
      { code: 'CALL_ABORTED_ON_OPEN', circuitBreakerName: 'customer' },
      "CircuitBreaker 'customer' opened while this call was in flight, and aborted it.",
    ],
    [
      new IllegalStateTransitionError('customer', 'CLOSED', 'HALF_OPEN'),
      { code: 'ILLEGAL_STATE_TRANSITION', fromState: 'CLOSED', toState: 'HALF_OPEN' },
      "CircuitBreaker 'customer' cannot go from CLOSED to HALF_OPEN; from CLOSED it can go to ",
    ],
    [
      new UnsupportedByEngineError('customer', 'opossum', 'reset', 'it has no such method'),
      { code: 'UNSUPPORTED_BY_ENGINE', engine: 'opossum', operation: 'reset' },
      "CircuitBreaker 'customer' runs on opossum, which does not support reset: it has no such method.",
    ],
    [
      new ResultRecordedAsFailureError('customer', 503),
      { code: 'RESULT_RECORDED_AS_FAILURE', result: 503 },
      "CircuitBreaker 'customer' recorded a returned value as a failure.",
    ],
  ])('$name has a code, its facts and a message', (error, facts, message) => {
    expect(error).toMatchObject(facts);
    expect(error.message.startsWith(message)).toBe(true);
  });

  it('name the states that are possible instead, separated by commas', () => {
    const { message } = new IllegalStateTransitionError('customer', 'CLOSED', 'HALF_OPEN');

    expect(message).toMatch(/it can go to [A-Z_]+(, [A-Z_]+)+\.$/);
  });
});
