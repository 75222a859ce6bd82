import { describe, expect, it } from 'vitest';
import { errorText, wholeEvent } from './event.response.ts';

describe('An event of our own patterns', () => {
  it('is told as far as it is plain, whatever else it holds', () => {
    const result: Record<string, unknown> = { total: 1n };
    result['itself'] = result;

    const told = wholeEvent({
      type: 'SERVED',
      creationTime: 1_700_000_000_000,
      fallbackName: 'customer',
      ageMs: 5,
      error: new RangeError('late'),
      result,
    } as never);

    expect(told).toStrictEqual({
      type: 'SERVED',
      creationTime: '2023-11-14T22:13:20.000Z',
      fallbackName: 'customer',
      ageMs: 5,
      errorMessage: 'RangeError: late',
    });
  });
});

describe('The text of an error', () => {
  it.each([
    [new TypeError('fetch failed'), 'TypeError: fetch failed'],
    ['thrown text', 'thrown text'],
    [undefined, null],
    [Object.create(null), '[object Object]'],
  ])('of %s is %s', (error, text) => {
    expect(errorText(error)).toBe(text);
  });
});
