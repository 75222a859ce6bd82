import { describe, expect, it } from 'vitest';
import { BulkheadFullError } from './bulkhead/bulkhead.errors.ts';
import { attributeNames, errorText, errorTypeOf, plainEvent, wholeEvent } from './observability.ts';

describe('An event of a policy that Resilience4j does not have', () => {
  it('is shown with its plain fields only', () => {
    const result: Record<string, unknown> = { total: 1n };
    result['itself'] = result;

    const shown = wholeEvent({
      type: 'SERVED',
      creationTime: 1_700_000_000_000,
      fallbackName: 'customer',
      ageMs: 5,
      isStale: true,
      handler: () => {},
      error: new RangeError('late'),
      result,
    } as never);

    expect(shown).toStrictEqual({
      type: 'SERVED',
      creationTime: '2023-11-14T22:13:20.000Z',
      fallbackName: 'customer',
      ageMs: 5,
      isStale: true,
      errorMessage: 'RangeError: late',
    });
  });
});

describe('An event as the actuator shows it', () => {
  const event = { type: 'RETRY', creationTime: 1_700_000_000_000, retryName: 'customer', lastError: new Error('late') };

  it('has the name, the type and the time only', () => {
    expect(plainEvent('retryName')(event)).toStrictEqual({
      retryName: 'customer',
      type: 'RETRY',
      creationTime: '2023-11-14T22:13:20.000Z',
    });
  });

  it('shows the last error of several attempts as text', () => {
    expect(wholeEvent(event)).toMatchObject({ errorMessage: 'Error: late' });
    expect(wholeEvent({ ...event, lastError: undefined } as never)).toHaveProperty('errorMessage', null);
  });
});

describe('The attributes of spans', () => {
  it('are named like their fields, in snake case below the prefix of this library', () => {
    const { errorType, ...own } = attributeNames;

    expect(errorType).toBe('error.type');
    expect(Object.keys(own)).toContain('endpoint');
    for (const [field, name] of Object.entries(own)) {
      expect(name).toBe(`breakwater.${field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`);
    }
  });

  it.each([
    ['an error of this library', new BulkheadFullError('customer', 1, 0), 'BULKHEAD_FULL'],
    ['another error', new TypeError('fetch failed'), 'TypeError'],
    ['a text', 'outage', 'string'],
    ['null', null, 'object'],
    ['no error', undefined, undefined],
  ])('classify %s', (_what, error, type) => {
    expect(errorTypeOf(error)).toBe(type);
  });
});

describe('The text of an error', () => {
  it.each([
    [new TypeError('fetch failed'), 'TypeError: fetch failed'],
    ['thrown text', 'thrown text'],
    [undefined, null],
    [null, null],
    [Object.create(null), '[object Object]'],
  ])('of %s is %s', (error, text) => {
    expect(errorText(error)).toBe(text);
  });
});
