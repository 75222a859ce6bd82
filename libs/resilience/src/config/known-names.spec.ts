import { describe, expect, it } from 'vitest';
import { CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { builtInErrorTypes, findByName } from './known-names.ts';

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

  it("hold Resilience4j's own refusal", () => {
    const javaName = 'io.github.resilience4j.circuitbreaker.CallNotPermittedException';

    expect(findByName(javaName, builtInErrorTypes)).toBe(CallNotPermittedError);
  });
});
