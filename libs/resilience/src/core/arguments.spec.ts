import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { checkFinite, checkNumber, checkWholeNumber, durationArgument } from './arguments.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { systemClock } from './clock.ts';
import { Deadline } from './deadline.ts';
import { InvalidOptionsError } from './errors.ts';
import { RateLimiter } from './rate-limiter/rate-limiter.ts';

const noNumbers: readonly unknown[] = [undefined, null, Number.NaN, '5', {}, [], true, 5n];
const notFinite = [...noNumbers, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const noDurations = [undefined, null, Number.NaN, 'soon', -1, '-1s', {}, true, Number.POSITIVE_INFINITY];
const noCounts = [...notFinite, 0, -1, 1.5].filter((value) => value !== undefined);

/** Makes a call with an argument, and returns everything that it may change. */
type Method = readonly [
  name: string,
  argument: string,
  invalid: readonly unknown[],
  make: () => { readonly call: (argument: never) => unknown; readonly state: () => unknown },
];

function breakerWith(call: (breaker: CircuitBreaker) => (argument: never) => unknown) {
  return () => {
    const clock = new FakeClock();
    const breaker = new CircuitBreaker('customer', { eventConsumerBufferSize: 10 }, { clock });
    breaker.transitionToOpenState();
    const state = () => [breaker.state, breaker.remainingMs, breaker.metrics, breaker.bufferedEvents()];
    return { call: call(breaker), state };
  };
}

function limiterWith(call: (limiter: RateLimiter) => (argument: never) => unknown) {
  return () => {
    const limiter = new RateLimiter('customer', { eventConsumerBufferSize: 10 }, { clock: new FakeClock() });
    return { call: call(limiter), state: () => [limiter.metrics, limiter.config, limiter.bufferedEvents()] };
  };
}

const outage = new Error('outage');

const methods: readonly Method[] = [
  [
    'CircuitBreaker.transitionToOpenStateUntil',
    'time',
    notFinite,
    breakerWith((b) => (v) => b.transitionToOpenStateUntil(v)),
  ],
  [
    'CircuitBreaker.transitionToOpenStateFor',
    'waitDuration',
    noDurations,
    breakerWith((b) => (v) => b.transitionToOpenStateFor(v)),
  ],
  ['CircuitBreaker.onSuccess', 'durationMs', notFinite, breakerWith((b) => (v) => b.onSuccess(v))],
  ['CircuitBreaker.onError', 'durationMs', notFinite, breakerWith((b) => (v) => b.onError(v, outage))],
  ['CircuitBreaker.onResult', 'durationMs', notFinite, breakerWith((b) => (v) => b.onResult(v, 'response'))],
  ['RateLimiter.reservePermission', 'permits', noCounts, limiterWith((l) => (v) => l.reservePermission(v))],
  ['RateLimiter.acquirePermission', 'permits', noCounts, limiterWith((l) => (v) => l.acquirePermission(v))],
  ['new Deadline', 'endsAt', noNumbers, () => ({ call: (v) => new Deadline(v), state: () => 0 })],
  [
    'systemClock.schedule',
    'delayMs',
    noNumbers,
    () => ({ call: (v) => systemClock.schedule(v, () => {})(), state: () => 0 }),
  ],
];

describe('An invalid argument of a method', () => {
  it.each(methods)(
    '%s: throws a RangeError that names %s and changes nothing',
    async (_method, argument, invalid, make) => {
      for (const value of invalid) {
        const { call, state } = make();
        const before = state();

        const error: unknown = await Promise.resolve()
          .then(() => call(value as never))
          .catch((thrown: unknown) => thrown);

        expect(error).toBeInstanceOf(RangeError);
        expect((error as RangeError).message).toContain(`${argument} must be `);
        expect(state()).toStrictEqual(before);
      }
    },
  );
});

it.each([
  [() => checkFinite('time', Infinity), 'time must be a finite number, but Infinity was given.'],
  [() => checkNumber('endsAt', '5'), 'endsAt must be a number, but 5 was given.'],
  [() => checkWholeNumber('permits', 1.5, 1), 'permits must be a whole number of at least 1, but 1.5 was given.'],
  [
    () => durationArgument('budget', -1),
    "budget must be a duration of at least 0 (milliseconds, or text such as '500ms', '2s', '1m' or 'PT2S'), but -1 was given.",
  ],
])('The error of an invalid argument says what is allowed and what was given: %s', (call, message) => {
  expect(call).toThrow(new RangeError(message));
});

describe('A rate limiter', () => {
  it.each(['changeLimitForPeriod', 'changeTimeoutDuration'] as const)('refuses %s without a value', (method) => {
    const limiter = new RateLimiter('customer', { limitForPeriod: 7, timeoutDuration: '9s' });
    const before = limiter.config;

    expect(() => limiter[method](undefined as never)).toThrow(InvalidOptionsError);

    expect(limiter.config).toStrictEqual(before);
    expect(limiter.metrics.availablePermissions).toBe(7);
  });
});
