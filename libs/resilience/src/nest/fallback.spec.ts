import { describe, expect, it } from 'vitest';
import { mostSpecific, toFallbacks } from './fallback.ts';

class RemoteError extends Error {}
class NotFoundError extends RemoteError {}

describe('fallbacks', () => {
  it('may be none, a name, one for errors, or a list', () => {
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
    ['its own class', new RemoteError(), 'forRemote'],
    ['another class of the same fallback', new TypeError(), 'forRemote'],
    ['the nearest class above it', new NotFoundError(), 'forRemote'],
    ['a class further above', new RangeError(), 'forErrors'],
    ['no class, when it is no error at all', 'text', 'forAll'],
    ['no class, when it is nothing', undefined, 'forAll'],
  ])('are chosen by %s', (_, error, method) => {
    expect(mostSpecific(fallbacks, error)?.method).toBe(method);
    expect(mostSpecific(fallbacks.toReversed(), error)?.method).toBe(method);
  });

  it('are none when nothing matches', () => {
    expect(mostSpecific(toFallbacks({ method: 'forRemote', on: RemoteError }), new Error('other'))).toBeUndefined();
  });

  it('match what a class says of itself, as instanceof does', () => {
    class AnyText extends Error {
      static override [Symbol.hasInstance](value: unknown): boolean {
        return typeof value === 'string';
      }
    }

    expect(mostSpecific(toFallbacks(['forAll', { method: 'forText', on: AnyText }]), 'text')?.method).toBe('forText');
  });
});
