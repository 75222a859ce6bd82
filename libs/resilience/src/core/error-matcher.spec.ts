import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Retry } from './retry/retry.ts';
import {
  distanceBetween,
  errorMatcher,
  isError,
  isErrorMatcher,
  isInstanceOf,
  isPredicate,
  matchesError,
} from './error-matcher.ts';
import type { ErrorClass } from './options.ts';

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

describe('The option of a matcher', () => {
  const option = errorMatcher();

  it('selects every error by default, and names what it accepts', () => {
    expect(option).toMatchObject({
      kind: 'errorPredicate',
      defaultValue: undefined,
      allowed: 'an error class, a list of them or a predicate',
    });
  });

  it('accepts matchers, and copies and freezes a list', () => {
    const list = [Outage, TypeError];
    const parsed = option.parse(list);

    expect(parsed).toStrictEqual(list);
    expect(parsed).not.toBe(list);
    expect(Object.isFrozen(parsed)).toBe(true);
    expect(option.parse(Outage)).toBe(Outage);
    for (const invalid of ['Outage', [() => true], [Outage, 1], {}]) expect(option.parse(invalid)).toBeUndefined();
  });
});

describe('The distance between an error and a class', () => {
  it.each([
    ['its own class', Outage, new Outage(), 0],
    ['the base class of its class', Outage, new PartialOutage(), 1],
    ['Error', Error, new PartialOutage(), 2],
    ['another class', PartialOutage, new Outage(), Infinity],
  ])('is the number of prototypes between them: %s', (_what, errorClass, error, distance) => {
    expect(distanceBetween(error, errorClass)).toBe(distance);
  });

  it('is that of all prototypes for a class that recognizes its instances itself', () => {
    class Recognizing {
      readonly name = 'Recognizing';

      static [Symbol.hasInstance](): boolean {
        return true;
      }
    }

    expect(distanceBetween(new Outage(), Recognizing)).toBe(3);
    expect(distanceBetween('outage', Recognizing)).toBe(0);
  });
});

it('A class that cannot be compared selects no error', () => {
  class Broken {
    readonly name = 'Broken';

    static [Symbol.hasInstance](): boolean {
      throw new Error('a bug');
    }
  }

  expect(matchesError([Broken, Outage], new Outage())).toBe(true);
  expect(matchesError(Broken as never, new Outage())).toBe(false);
});

it.each([
  ['an error', new PartialOutage(), true],
  ['an error of another realm', runInNewContext('new TypeError("x")'), true],
  ['a DOMException', new DOMException('aborted'), true],
  ['an object with the fields of an error', { name: 'Error', message: 'x', stack: '' }, false],
  ['a text', 'Error', false],
])('isError recognizes %s', (_what, value, expected) => {
  expect(isError(value)).toBe(expected);
});

/** jest runs each test file in a realm of its own, with its own `Error` and `TypeError`, but errors of Node.js have Node's. */
describe('An error of another realm', () => {
  const builtIn: readonly ErrorClass[] = [
    Error,
    AggregateError,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
  ];
  const foreign = (code: string) => runInNewContext(code) as unknown;
  const cases = builtIn.map((errorClass) => [errorClass.name, errorClass] as const);

  it.each(cases)('matches %s by the name of its class (jest#2549)', (name, errorClass) => {
    const error = foreign(`new ${name}(${name === 'AggregateError' ? '[]' : ''})`);
    const foreignClass = foreign(name) as ErrorClass;

    expect(error instanceof errorClass).toBe(false);
    expect(isInstanceOf(error, errorClass)).toBe(true);
    expect(matchesError([RegExp, errorClass], error)).toBe(true);
    expect(matchesError(foreignClass, Reflect.construct(errorClass, errorClass === AggregateError ? [[]] : []))).toBe(
      true,
    );
    expect(isPredicate(foreignClass)).toBe(false);
  });

  it('matches the built-in base class of its own class, at the distance of their prototypes', () => {
    const error = foreign('class Timeout extends RangeError {}; new Timeout()');

    expect([RangeError, Error, TypeError].map((errorClass) => isInstanceOf(error, errorClass))).toStrictEqual([
      true,
      true,
      false,
    ]);
    expect([RangeError, Error, TypeError].map((errorClass) => distanceBetween(error, errorClass))).toStrictEqual([
      1,
      2,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('does not match a class of an application by its name', () => {
    const Own = { TypeError: class extends Error {} }.TypeError;

    expect(Own.name).toBe('TypeError');
    expect(isInstanceOf(new TypeError(), Own)).toBe(false);
    expect(isInstanceOf(new Own(), TypeError)).toBe(false);
    expect(isInstanceOf(foreign('class Outage extends Error {}; new Outage()'), Outage)).toBe(false);
  });

  it.each([
    ['a text', 'TypeError'],
    ['undefined', undefined],
    ['an object without a prototype', Object.create(null)],
    ['a plain object', { name: 'TypeError', constructor: TypeError }],
  ])('is not confused with %s', (_what, value) => {
    expect(isInstanceOf(value, TypeError)).toBe(false);
  });

  it('is not repeated by a retry that ignores its class', async () => {
    const error = foreign('new TypeError("x")');
    const retry = new Retry('customer', { ignoreExceptions: [TypeError], waitDuration: 0 });
    let attempts = 0;

    await expect(
      retry.execute(() => {
        attempts++;
        throw error;
      }),
    ).rejects.toBe(error);
    expect(attempts).toBe(1);
  });
});
