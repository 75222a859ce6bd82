import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { mostSpecific, toFallbacks } from './fallback.ts';

class RemoteError extends Error {}
class NotFoundError extends RemoteError {}

describe('fallbacks', () => {
  it('are written as a name, as a method with error classes, or as a list', () => {
    expect(toFallbacks(undefined)).toStrictEqual([]);
    expect(toFallbacks('a')).toStrictEqual([{ method: 'a', on: undefined }]);
    expect(toFallbacks({ method: 'a', on: RemoteError })).toStrictEqual([{ method: 'a', on: [RemoteError] }]);
    expect(toFallbacks(['a', { method: 'b', on: [RemoteError, TypeError] }])).toStrictEqual([
      { method: 'a', on: undefined },
      { method: 'b', on: [RemoteError, TypeError] },
    ]);
  });

  const fallbacks = toFallbacks([
    'forAll',
    { method: 'forErrors', on: Error },
    { method: 'forRemote', on: [TypeError, RemoteError] },
  ]);

  it.each([
    ['its class', new RemoteError(), 'forRemote'],
    ['another class of the same fallback', new TypeError(), 'forRemote'],
    ['its nearest superclass', new NotFoundError(), 'forRemote'],
    ['a more distant superclass', new RangeError(), 'forErrors'],
    ['no class, if the value is no error', 'text', 'forAll'],
    ['no class, if the value is undefined', undefined, 'forAll'],
  ])('are selected by the error: %s', (_, error, method) => {
    expect(mostSpecific(fallbacks, error)?.method).toBe(method);
    expect(mostSpecific(fallbacks.toReversed(), error)?.method).toBe(method);
  });

  it('are selected by a predicate if no class matches the error, and a predicate that throws selects nothing', () => {
    const isOutage = (error: unknown) => (error as Error).message === 'outage';
    const withPredicate = toFallbacks([
      { method: 'forOutages', on: isOutage },
      { method: 'forRemote', on: RemoteError },
    ]);

    expect(mostSpecific(withPredicate, new Error('outage'))?.method).toBe('forOutages');
    expect(mostSpecific(withPredicate, new RemoteError('outage'))?.method).toBe('forRemote');
    expect(mostSpecific(withPredicate, new Error('other'))).toBeUndefined();
    expect(mostSpecific(withPredicate, undefined)).toBeUndefined();
  });

  it('are undefined if no class matches', () => {
    expect(mostSpecific(toFallbacks({ method: 'forRemote', on: RemoteError }), new Error('other'))).toBeUndefined();
  });

  it('match by instanceof, including Symbol.hasInstance', () => {
    class AnyText extends Error {
      static override [Symbol.hasInstance](value: unknown): boolean {
        return typeof value === 'string';
      }
    }

    expect(mostSpecific(toFallbacks(['forAll', { method: 'forText', on: AnyText }]), 'text')?.method).toBe('forText');
  });
});

describe('mostSpecific for an error of another realm', () => {
  it('compares built-in classes by name, as in jest (jest#2549)', () => {
    const error: unknown = runInNewContext('new RangeError("x")');
    const fallbacks = toFallbacks([
      { method: 'forErrors', on: Error },
      { method: 'forRanges', on: RangeError },
      { method: 'forTypes', on: TypeError },
    ]);

    expect(mostSpecific(fallbacks, error)?.method).toBe('forRanges');
  });
});
