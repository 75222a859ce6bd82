import { describe, expect, it } from 'vitest';
import { isErrorMatcher, matchesError } from './error-matcher.ts';

class Outage extends Error {}
class PartialOutage extends Outage {}
class NotAnError {
  readonly reason = 'thrown although it is not an Error';
}

function ConstructorFunctionError(this: Error) {}
ConstructorFunctionError.prototype = Object.create(Error.prototype);

describe('matchesError', () => {
  it.each([
    ['undefined', undefined, 'not an Error', true],
    ['a class', Outage, new PartialOutage(), true],
    ['another class', PartialOutage, new Outage(), false],
    ['a built-in class', TypeError, new TypeError(), true],
    ['a class of the runtime', DOMException, new DOMException('aborted', 'AbortError'), true],
    ['a class that does not extend Error', NotAnError, new NotAnError(), true],
    [
      'a constructor function',
      ConstructorFunctionError as never,
      Object.create(ConstructorFunctionError.prototype),
      true,
    ],
    ['one of several classes', [TypeError, Outage], new PartialOutage(), true],
    ['none of several classes', [TypeError, RangeError], new Outage(), false],
    ['an empty list of classes', [], new Outage(), false],
    ['an arrow function', (error: unknown) => error instanceof Outage, new Outage(), true],
    [
      'a plain function',
      function (error: unknown) {
        return error instanceof TypeError;
      },
      new Outage(),
      false,
    ],
    ['a method', { test: (error: unknown) => error === 1 }.test, 1, true],
  ])('compares an error with %s', (_what, matcher, error, expected) => {
    expect(matchesError(matcher, error)).toBe(expected);
  });

  it('accepts a class, a list of classes or a function as a matcher', () => {
    expect([Outage, [Outage, TypeError], () => true].map(isErrorMatcher)).toStrictEqual([true, true, true]);
    expect(['Outage', [() => true], [1], {}, null].map(isErrorMatcher)).not.toContain(true);
  });
});
