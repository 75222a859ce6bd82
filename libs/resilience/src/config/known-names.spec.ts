import { describe, expect, it } from 'vitest';
import { BulkheadFullError } from '../core/bulkhead/bulkhead.errors.ts';
import { CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { RateLimitExceededError } from '../core/rate-limiter/rate-limiter.errors.ts';
import { MaxRetriesExceededError } from '../core/retry/retry.errors.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';
import { builtInErrorTypes, type ErrorTypes, findByName, withBuiltIn } from './known-names.ts';

describe('a name from Java', () => {
  const table = { 'java.io.IOException': 1, TimeoutException: 2, 'com.acme.Outer$Inner': 3 };

  it.each([
    ['java.io.IOException', 1],
    ['IOException', 1],
    ['TimeoutException', 2],
    ['java.util.concurrent.TimeoutException', 2],
    ['Inner', 3],
  ])('%s is found, with or without its package', (name, value) => {
    expect(findByName(name, table)).toBe(value);
  });

  it.each(['com.acme.IOException', 'io', 'toString', '__proto__'])('%s is not mistaken for another', (name) => {
    expect(findByName(name, table)).toBeUndefined();
  });
});

describe('the errors that every application knows', () => {
  it.each(['Error', 'TypeError', 'CallNotPermittedError', 'RejectedError'])('hold %s', (name) => {
    expect(findByName(name, builtInErrorTypes)?.name).toBe(name);
  });

  it.each([
    ['io.github.resilience4j.circuitbreaker.CallNotPermittedException', CallNotPermittedError],
    ['io.github.resilience4j.bulkhead.BulkheadFullException', BulkheadFullError],
    ['io.github.resilience4j.ratelimiter.RequestNotPermitted', RateLimitExceededError],
    ['io.github.resilience4j.retry.MaxRetriesExceededException', MaxRetriesExceededError],
    ['java.util.concurrent.TimeoutException', TimeoutExceededError],
    ['java.lang.Exception', Error],
  ])('hold what stands for %s', (javaName, errorClass) => {
    expect(findByName(javaName, builtInErrorTypes)).toBe(errorClass);
  });

  it('do not take a class of another package for theirs', () => {
    expect(findByName('com.acme.TimeoutException', builtInErrorTypes)).toBeUndefined();
  });

  it('give way to what an application registers, with or without its package', () => {
    class Own extends Error {}
    const named = (name: string, errorTypes: ErrorTypes) => findByName(name, withBuiltIn(errorTypes));

    expect(named('java.util.concurrent.TimeoutException', { TimeoutException: Own })).toBe(Own);
    expect(named('CallNotPermittedException', { 'com.acme.CallNotPermittedException': Own })).toBe(Own);
    expect(named('RequestNotPermitted', { TimeoutException: Own })).toBe(RateLimitExceededError);
  });
});
