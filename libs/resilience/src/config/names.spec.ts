import { describe, expect, it } from 'vitest';
import { BulkheadFullError } from '../core/bulkhead/bulkhead.errors.ts';
import { CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { RateLimitExceededError } from '../core/rate-limiter/rate-limiter.errors.ts';
import { MaxRetriesExceededError } from '../core/retry/retry.errors.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';
import {
  builtInErrorTypes,
  type ErrorTypes,
  findByName,
  findRelaxed,
  nearestRelaxed,
  spelledLike,
  withBuiltIn,
} from './names.ts';

const known = ['slidingWindowSize', 'slidingWindowType', 'baseConfig'];

describe('findRelaxed and nearestRelaxed', () => {
  it.each([
    'slidingWindowSize',
    'sliding-window-size',
    'sliding_window_size',
    'SLIDINGWINDOWSIZE',
    'SLIDING_WINDOW_SIZE',
  ])('find a name written %s', (written) => {
    expect(findRelaxed(written, known)).toBe('slidingWindowSize');
  });

  it('do not find a name if a letter differs', () => {
    expect(findRelaxed('sliding-windw-size', known)).toBeUndefined();
  });

  it('find the nearest name of a mistyped one in any form', () => {
    expect(nearestRelaxed('SLIDING_WINDW_SIZE', known)).toBe('slidingWindowSize');
    expect(nearestRelaxed('base-confg', known)).toBe('baseConfig');
    expect(nearestRelaxed('colour', known)).toBeUndefined();
  });
});

describe('spelledLike', () => {
  it.each([
    ['sliding-windw-size', 'sliding-window-size'],
    ['slidingWindwSize', 'slidingWindowSize'],
    ['SLIDING_WINDW_SIZE', 'SLIDINGWINDOWSIZE'],
  ])('spells the suggestion for %s as %s', (written, suggested) => {
    expect(spelledLike(written, 'slidingWindowSize')).toBe(suggested);
  });
});

describe('findByName', () => {
  const table = { 'java.io.IOException': 1, TimeoutException: 2, 'com.acme.Outer$Inner': 3 };

  it.each([
    ['java.io.IOException', 1],
    ['IOException', 1],
    ['TimeoutException', 2],
    ['java.util.concurrent.TimeoutException', 2],
    ['Inner', 3],
  ])('finds %s with or without its package', (name, value) => {
    expect(findByName(name, table)).toBe(value);
  });

  it.each(['com.acme.IOException', 'io', 'toString', '__proto__'])('does not find %s', (name) => {
    expect(findByName(name, table)).toBeUndefined();
  });
});

describe('the built-in error types', () => {
  it.each(['Error', 'TypeError', 'CallNotPermittedError', 'RejectedError'])('contain %s', (name) => {
    expect(findByName(name, builtInErrorTypes)?.name).toBe(name);
  });

  it.each([
    ['io.github.resilience4j.circuitbreaker.CallNotPermittedException', CallNotPermittedError],
    ['io.github.resilience4j.bulkhead.BulkheadFullException', BulkheadFullError],
    ['io.github.resilience4j.ratelimiter.RequestNotPermitted', RateLimitExceededError],
    ['io.github.resilience4j.retry.MaxRetriesExceededException', MaxRetriesExceededError],
    ['java.util.concurrent.TimeoutException', TimeoutExceededError],
    ['java.lang.Exception', Error],
  ])('contain the error for %s', (javaName, errorClass) => {
    expect(findByName(javaName, builtInErrorTypes)).toBe(errorClass);
  });

  it('do not contain a class of another package', () => {
    expect(findByName('com.acme.TimeoutException', builtInErrorTypes)).toBeUndefined();
  });

  it('are overridden by those of the application, with or without its package', () => {
    class Own extends Error {}
    const named = (name: string, errorTypes: ErrorTypes) => findByName(name, withBuiltIn(errorTypes));

    expect(named('java.util.concurrent.TimeoutException', { TimeoutException: Own })).toBe(Own);
    expect(named('CallNotPermittedException', { 'com.acme.CallNotPermittedException': Own })).toBe(Own);
    expect(named('RequestNotPermitted', { TimeoutException: Own })).toBe(RateLimitExceededError);
  });
});
