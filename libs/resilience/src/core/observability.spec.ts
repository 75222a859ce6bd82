import { describe, expect, it } from 'vitest';
import { errorText, wholeEvent } from './observability.ts';

describe('An event of a policy that Resilience4j does not have', () => {
  it('is shown with its plain fields only', () => {
    const result: Record<string, unknown> = { total: 1n };
    result['itself'] = result;

    const shown = wholeEvent({
      type: 'SERVED',
      creationTime: 1_700_000_000_000,
      fallbackName: 'customer',
      ageMs: 5,
      error: new RangeError('late'),
      result,
    } as never);

    expect(shown).toStrictEqual({
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
