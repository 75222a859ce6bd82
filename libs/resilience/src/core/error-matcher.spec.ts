import { describe, expect, it } from 'vitest';
import { isErrorMatcher, matchesError } from './error-matcher.ts';

class Outage extends Error {}
class PartialOutage extends Outage {}
class NotAnError {
  readonly reason = 'thrown all the same';
}

function OldStyleError(this: Error) {}
OldStyleError.prototype = Object.create(Error.prototype);

describe('An error matcher', () => {
  it.each([
    ['nothing', undefined, 'not even an error', true],
    ['a class', Outage, new PartialOutage(), true],
    ['another class', PartialOutage, new Outage(), false],
    ['a class of the language', TypeError, new TypeError(), true],
    ['a class of the platform', DOMException, new DOMException('aborted', 'AbortError'), true],
    ['a class that is no error', NotAnError, new NotAnError(), true],
    ['a class from before there were classes', OldStyleError as never, Object.create(OldStyleError.prototype), true],
    ['one of several classes', [TypeError, Outage], new PartialOutage(), true],
    ['none of several classes', [TypeError, RangeError], new Outage(), false],
    ['none of no classes', [], new Outage(), false],
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
  ])('that is %s', (_what, matcher, error, expected) => {
    expect(matchesError(matcher, error)).toBe(expected);
  });

  it('is a class, a list of classes or a function', () => {
    expect([Outage, [Outage, TypeError], () => true].map(isErrorMatcher)).toStrictEqual([true, true, true]);
    expect(['Outage', [() => true], [1], {}, null].map(isErrorMatcher)).not.toContain(true);
  });
});
