import { describe, expect, it } from 'vitest';
import { InvalidOptionsError, RejectedError } from '../errors.ts';
import { IntervalFunction } from '../interval-function.ts';
import { CallNotPermittedError } from './circuit-breaker.errors.ts';
import {
  type CircuitBreakerConfig,
  type CircuitBreakerOptions,
  circuitBreakerOptions,
  judgeError,
  slidingWindow,
} from './circuit-breaker.options.ts';
import { mergeOptions } from '../options.ts';
import { UserFunctions } from '../user-function.ts';

const resolve = (options: CircuitBreakerOptions = {}) => circuitBreakerOptions.resolve('CircuitBreaker', options);

function faultsOf(options: object): Record<string, string> {
  try {
    resolve(options);
  } catch (error) {
    if (error instanceof InvalidOptionsError) {
      return Object.fromEntries(error.faults.map(({ option, given }) => [option, given]));
    }
    throw error;
  }
  return {};
}

describe('Circuit breaker options', () => {
  it("have Resilience4j's defaults, with all further features off", () => {
    expect(resolve()).toStrictEqual({
      engine: 'sliding-window',
      failureRateThreshold: 50,
      slowCallRateThreshold: 100,
      slowCallDurationThreshold: 60_000,
      permittedNumberOfCallsInHalfOpenState: 10,
      maxWaitDurationInHalfOpenState: 0,
      transitionToStateAfterWaitDuration: 'OPEN',
      slidingWindowType: 'COUNT_BASED',
      slidingWindowSize: 100,
      minimumNumberOfCalls: 100,
      waitDurationInOpenState: 60_000,
      waitIntervalFunctionInOpenState: undefined,
      automaticTransitionFromOpenToHalfOpenEnabled: false,
      recordExceptions: [],
      ignoreExceptions: [],
      recordException: undefined,
      ignoreException: undefined,
      recordResult: undefined,
      classification: undefined,
      transitionOnResult: undefined,
      initialState: 'CLOSED',
      writableStackTraceEnabled: true,
      eventConsumerBufferSize: 0,
      combinedRateThreshold: undefined,
      waitJitterFactor: 0,
      healthProbe: undefined,
      healthProbeInterval: 5_000,
      healthProbeTimeout: 1_000,
      rampUpSteps: [],
      rampUpStepDuration: 10_000,
      slowCallsInFlightEnabled: false,
      abortCallsOnOpen: false,
      releaseOnOpen: undefined,
    });
  });

  it('are copied and frozen', () => {
    const given = { recordExceptions: [TypeError] };
    const config = resolve(given);

    given.recordExceptions.push(RangeError);

    expect(config.recordExceptions).toStrictEqual([TypeError]);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.recordExceptions)).toBe(true);
  });

  it('accept durations in any form', () => {
    expect(resolve({ slowCallDurationThreshold: 'PT1S', waitDurationInOpenState: '1m' })).toMatchObject({
      slowCallDurationThreshold: 1_000,
      waitDurationInOpenState: 60_000,
    });
  });

  it('are rejected in one error that lists every fault with the given and the allowed value', () => {
    const options = {
      failureRateThreshold: 150,
      slidingWindowSize: 0,
      slidingWindowType: 'COUNTED',
      waitDurationInOpenState: 'soon',
      recordExceptions: ['Error'],
      failureRateTreshold: 60,
      waitIntervalFunctionInOpenState: IntervalFunction.of(5),
    };

    expect(faultsOf(options)).toStrictEqual({
      failureRateTreshold: 'not an option',
      failureRateThreshold: '150',
      slidingWindowSize: '0',
      slidingWindowType: "'COUNTED'",
      waitDurationInOpenState: "'soon'",
      recordExceptions: '["Error"]',
      waitIntervalFunctionInOpenState: 'set together with waitDurationInOpenState',
    });
    expect(() => resolve(options as never)).toThrow(/above 0 and at most 100[^]*COUNT_BASED, TIME_BASED[^]*at least 1/);
    expect(() => resolve(options as never)).toThrow(/failureRateTreshold.*failureRateThreshold/);
  });

  it.each([
    ['failureRateThreshold', '50'],
    ['failureRateThreshold', null],
    ['slidingWindowSize', 1.5],
    ['slidingWindowSize', Number.NaN],
    ['minimumNumberOfCalls', Number.POSITIVE_INFINITY],
    ['automaticTransitionFromOpenToHalfOpenEnabled', 'yes'],
    ['recordResult', 'bad'],
    ['initialState', 'open'],
    ['eventConsumerBufferSize', -1],
    ['waitJitterFactor', 1.1],
    ['rampUpSteps', [50, 10]],
    ['rampUpSteps', [50, 100]],
    ['rampUpSteps', ['10']],
  ])('reject %s: %j', (option, value) => {
    expect(Object.keys(faultsOf({ [option]: value }))).toStrictEqual([option]);
  });

  it('treat undefined as not given', () => {
    expect(resolve({ slidingWindowSize: undefined } as never).slidingWindowSize).toBe(100);
  });
});

describe('mergeCircuitBreakerOptions', () => {
  it('overrides the options that are set and keeps the others', () => {
    expect(
      mergeOptions(
        circuitBreakerOptions.rules,
        { slidingWindowSize: 10, failureRateThreshold: 20 },
        { slidingWindowSize: 5 },
      ),
    ).toStrictEqual({ slidingWindowSize: 5, failureRateThreshold: 20 });
  });

  it('removes an option that the override excludes', () => {
    const interval = IntervalFunction.of(10);

    expect(
      mergeOptions(
        circuitBreakerOptions.rules,
        { waitDurationInOpenState: 1_000 },
        { waitIntervalFunctionInOpenState: interval },
      ),
    ).toStrictEqual({ waitIntervalFunctionInOpenState: interval });
    expect(
      mergeOptions(
        circuitBreakerOptions.rules,
        { waitIntervalFunctionInOpenState: interval },
        { waitDurationInOpenState: 1_000 },
      ),
    ).toStrictEqual({ waitDurationInOpenState: 1_000 });
  });
});

describe('slidingWindow', () => {
  it('caps the minimum at the size of a count window, not of a time window', () => {
    expect(slidingWindow(10, 100, 'COUNT_BASED').minimumNumberOfCalls).toBe(10);
    expect(slidingWindow(10, 100, 'TIME_BASED').minimumNumberOfCalls).toBe(100);
  });
});

describe('judgeError', () => {
  class Outage extends Error {}
  class PartialOutage extends Outage {}
  const functions = new UserFunctions("CircuitBreaker 'customer'");
  const judge = (config: CircuitBreakerConfig, error: unknown) => judgeError(config, error, functions);
  const refusal = new CallNotPermittedError('inner', 'OPEN', 10);

  it('counts every error as a failure by default', () => {
    expect(judge(resolve(), new Outage())).toBe('failure');
    expect(judge(resolve(), 'not even an error')).toBe('failure');
  });

  it('counts only recorded errors as failures when some are configured', () => {
    const config = resolve({ recordExceptions: [Outage] });

    expect(judge(config, new PartialOutage())).toBe('failure');
    expect(judge(config, new TypeError())).toBe('success');
  });

  it('records errors by class or by predicate', () => {
    const config = resolve({ recordExceptions: [Outage], recordException: (error) => error instanceof TypeError });

    expect(judge(config, new Outage())).toBe('failure');
    expect(judge(config, new TypeError())).toBe('failure');
    expect(judge(config, new RangeError())).toBe('success');
  });

  it('ignores an error that is both ignored and recorded', () => {
    expect(judge(resolve({ recordExceptions: [Outage], ignoreExceptions: [PartialOutage] }), new PartialOutage())).toBe(
      'ignored',
    );
    expect(judge(resolve({ ignoreException: (error) => error instanceof Outage }), new Outage())).toBe('ignored');
  });

  it('ignores refusals of other policies unless they are recorded explicitly', () => {
    expect(judge(resolve(), refusal)).toBe('ignored');
    expect(judge(resolve({ recordExceptions: [Outage] }), refusal)).toBe('ignored');
    expect(judge(resolve({ recordExceptions: [RejectedError] }), refusal)).toBe('failure');
  });

  it('counts every error with recordExceptions: [Error], refusals included', () => {
    const config = resolve({ recordExceptions: [Error] });

    expect(judge(config, refusal)).toBe('failure');
    expect(judge(config, new RangeError())).toBe('failure');
  });
});
