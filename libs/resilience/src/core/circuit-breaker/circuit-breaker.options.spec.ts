import { describe, expect, it, onTestFinished, vi } from 'vitest';
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

function faultsOf(options: object, part: 'given' | 'allowed' = 'given'): Record<string, string> {
  try {
    resolve(options);
  } catch (error) {
    if (error instanceof InvalidOptionsError) {
      return Object.fromEntries(error.faults.map((fault) => [fault.option, fault[part]]));
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

  it('let configuration files write the engine as a word, as each choice', () => {
    expect(circuitBreakerOptions.rules['engine']?.kind).toBe('choice');
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

  const forms = "(milliseconds, or text such as '500ms', '2s', '1m' or 'PT2S')";
  const percentage = 'a percentage above 0 and at most 100';
  const items = 'a whole number from 1 to 10000000';
  const noBoolean = [[true, false], ['yes'], 'true or false'] as const;
  const aFunction = () => true;

  it.each<readonly [keyof CircuitBreakerOptions, readonly unknown[], readonly unknown[], string]>([
    [
      'engine',
      ['opossum', 'in-house-2', 'x'],
      ['2nd-engine', 'in_house', 'Opossum', '', true],
      'sliding-window or the name of a registered engine',
    ],
    ['failureRateThreshold', [0.1, 100], [0, 100.1], percentage],
    ['slowCallRateThreshold', [0.1, 100], [0, 100.1], percentage],
    ['combinedRateThreshold', [0.1, 100], [0, 100.1], percentage],
    ['slowCallDurationThreshold', [0.1], [0], `a duration above 0 ms ${forms}`],
    ['permittedNumberOfCallsInHalfOpenState', [1, 10_000_000], [0, 10_000_001], items],
    ['maxWaitDurationInHalfOpenState', [0], [-1], `a duration of at least 0 ms ${forms}`],
    ['transitionToStateAfterWaitDuration', ['OPEN', 'CLOSED'], ['HALF_OPEN'], 'one of OPEN, CLOSED'],
    ['slidingWindowType', ['COUNT_BASED', 'TIME_BASED'], ['COUNT'], 'one of COUNT_BASED, TIME_BASED'],
    ['slidingWindowSize', [1, 10_000_000], [0, 10_000_001], items],
    ['minimumNumberOfCalls', [1, 10_000_001], [0], 'a whole number of at least 1'],
    ['waitDurationInOpenState', [1], [0.9], `a duration of at least 1 ms ${forms}`],
    ['waitIntervalFunctionInOpenState', [aFunction], [5], 'a function from the attempt (1, 2, …) to milliseconds'],
    ['automaticTransitionFromOpenToHalfOpenEnabled', ...noBoolean],
    ['recordExceptions', [[], [TypeError]], [TypeError], 'a list of error classes'],
    ['ignoreExceptions', [[], [TypeError]], [TypeError], 'a list of error classes'],
    ['recordException', [aFunction], [true], 'a function from an error to true or false'],
    ['ignoreException', [aFunction], [true], 'a function from an error to true or false'],
    ['recordResult', [aFunction], [true], 'a function from a returned value to true or false'],
    ['classification', ['http'], ['grpc'], 'one of http'],
    [
      'transitionOnResult',
      [aFunction],
      ['OPEN'],
      "a function from an outcome to 'NO_TRANSITION' or { toState: 'OPEN' }",
    ],
    [
      'initialState',
      ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
      ['RAMP_UP'],
      'one of CLOSED, OPEN, HALF_OPEN, DISABLED, METRICS_ONLY, FORCED_OPEN',
    ],
    ['writableStackTraceEnabled', ...noBoolean],
    ['eventConsumerBufferSize', [0, 10_000_000], [-1, 10_000_001], 'a whole number from 0 to 10000000'],
    ['waitJitterFactor', [0, 1], [-0.1, 1.1], 'a number from 0 to 1'],
    ['healthProbe', [aFunction], [true], 'a function that checks the dependency'],
    ['healthProbeInterval', [1], [0.9], `a duration of at least 1 ms ${forms}`],
    ['healthProbeTimeout', [1], [0.9], `a duration of at least 1 ms ${forms}`],
    [
      'rampUpSteps',
      [[], [1, 99]],
      [
        [0, 50],
        [50, 100],
      ],
      'a list of rising percentages between 0 and 100',
    ],
    ['rampUpStepDuration', [1], [0.9], `a duration of at least 1 ms ${forms}`],
    ['slowCallsInFlightEnabled', ...noBoolean],
    ['abortCallsOnOpen', ...noBoolean],
    ['releaseOnOpen', [aFunction], [true], 'a function'],
  ])('limit %s to the values that the error allows', (option, accepted, refused, allowed) => {
    for (const value of accepted) expect(resolve({ [option]: value })[option]).toStrictEqual(value);
    for (const value of refused) expect(faultsOf({ [option]: value }, 'allowed')).toStrictEqual({ [option]: allowed });
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

describe('Errors of a base configuration', () => {
  const isOutage = () => true;

  it.each<[CircuitBreakerOptions, CircuitBreakerOptions]>([
    [{ recordException: isOutage }, { recordExceptions: [TypeError] }],
    [{ ignoreException: isOutage }, { ignoreExceptions: [TypeError] }],
  ])('are matched by the classes of an instance instead of by a predicate (%o, %o)', (base, override) => {
    expect(mergeOptions(circuitBreakerOptions.rules, base, override)).toStrictEqual(override);
  });
});

describe('slidingWindow', () => {
  it('caps the minimum at the size of a count window, not of a time window', () => {
    expect(slidingWindow(10, 100, 'COUNT_BASED').minimumNumberOfCalls).toBe(10);
    expect(slidingWindow(10, 5, 'COUNT_BASED').minimumNumberOfCalls).toBe(5);
    expect(slidingWindow(10, 100, 'TIME_BASED')).toStrictEqual({
      slidingWindowSize: 10,
      minimumNumberOfCalls: 100,
      slidingWindowType: 'TIME_BASED',
    });
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

  it('counts only the errors that the predicate selects when there is no class', () => {
    const config = resolve({ recordException: (error) => error instanceof Outage });

    expect(judge(config, new Outage())).toBe('failure');
    expect(judge(config, new TypeError())).toBe('success');
  });

  it.each([
    ['recordException', { recordException: () => 'yes' }],
    ['ignoreException', { recordExceptions: [Outage], ignoreException: () => 'yes' }],
  ])('counts an error as a failure when %s returns no boolean, and reports that', (option, options) => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => emitWarning.mockRestore());

    expect(judge(resolve(options as never), new TypeError())).toBe('failure');
    expect(emitWarning.mock.calls[0]?.[0]).toContain(`${option} of CircuitBreaker 'customer' returned 'yes'`);
  });

  it.each([
    [new TypeError('fetch failed'), 'failure'],
    [Object.assign(new Error('unavailable'), { status: 503 }), 'failure'],
    [Object.assign(new Error('not found'), { status: 404 }), 'success'],
    [new SyntaxError('unexpected token'), 'ignored'],
    [refusal, 'ignored'],
  ])('judges %s by the classification: %s', (error, verdict) => {
    expect(judge(resolve({ classification: 'http' }), error)).toBe(verdict);
  });

  it('prefers each option that records or ignores to the classification', () => {
    const unavailable = Object.assign(new Outage(), { status: 503 });
    const notFound = Object.assign(new Outage(), { status: 404 });
    const isOutage = (error: unknown) => error instanceof Outage;

    expect(judge(resolve({ classification: 'http', ignoreExceptions: [Outage] }), unavailable)).toBe('ignored');
    expect(judge(resolve({ classification: 'http', ignoreException: isOutage }), unavailable)).toBe('ignored');
    expect(judge(resolve({ classification: 'http', recordExceptions: [Outage] }), notFound)).toBe('failure');
    expect(judge(resolve({ classification: 'http', recordException: isOutage }), notFound)).toBe('failure');
  });

  it('counts every error with recordExceptions: [Error], refusals included', () => {
    const config = resolve({ recordExceptions: [Error] });

    expect(judge(config, refusal)).toBe('failure');
    expect(judge(config, new RangeError())).toBe('failure');
  });
});
