import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { canonicalJson, fingerprintOf, idempotencyKeySchema, parseIdempotencyKey } from './idempotency-key.ts';

const visible = Array.from({ length: 0x7e - 0x20 }, (_, n) => String.fromCodePoint(0x21 + n));
const key = fc.string({ unit: fc.constantFrom(...visible), minLength: 1, maxLength: 255 });

describe('parseIdempotencyKey', () => {
  it('reads any visible key that is written as a string of structured fields', () => {
    fc.assert(
      fc.property(key, (key) => {
        expect(parseIdempotencyKey(`"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`)).toBe(key);
      }),
    );
  });

  it('reads a key with and without quotes', () => {
    const uuid = '8e03978e-40d5-43dd-bc93-6894a57f9324';

    expect(parseIdempotencyKey(uuid)).toBe(uuid);
    expect(parseIdempotencyKey(`"${uuid}"`)).toBe(uuid);
  });

  it('ignores spaces around a key', () => {
    expect(parseIdempotencyKey(' k-1 ')).toBe('k-1');
  });

  it('says what a key is when it refuses one', () => {
    expect(() => parseIdempotencyKey('a b')).toThrow(
      'The header Idempotency-Key must be one key of 1 to 255 visible ASCII characters, such as ' +
        '"8e03978e-40d5-43dd-bc93-6894a57f9324". Nothing has been done.',
    );
  });

  it('describes a header of 1 to 257 characters, with its quotes, and an example', () => {
    const isValid = (length: number) => idempotencyKeySchema.safeParse('x'.repeat(length)).success;

    expect([0, 1, 257, 258].map(isValid)).toEqual([false, true, true, false]);
    const { examples } = idempotencyKeySchema.meta() as { examples: string[] };
    expect(examples.map(parseIdempotencyKey)).toEqual(['8e03978e-40d5-43dd-bc93-6894a57f9324']);
  });

  it('accepts a request without a key', () => {
    expect(parseIdempotencyKey(undefined)).toBeUndefined();
  });

  it.each(['x'.repeat(255), `"${'x'.repeat(255)}"`])('accepts a key of 255 characters (%#)', (header) => {
    expect(parseIdempotencyKey(header)).toHaveLength(255);
  });

  it.each([
    '',
    '""',
    '"a',
    'a"',
    '"a"b',
    'a b',
    '"a b"',
    'a, b',
    '"a", "b"',
    '"a";p=1',
    String.raw`"\a"`,
    'ä',
    '"a\u007f"',
    'x'.repeat(256),
    `"${'x'.repeat(256)}"`,
  ])('rejects %j', (header) => {
    expect(() => parseIdempotencyKey(header)).toThrow(/1 to 255 visible ASCII characters/);
  });
});

/** The same value with the members of all its objects in reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

/** JSON has no minus zero. */
const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));

describe('canonicalJson', () => {
  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('is JSON of the value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('sorts members at every depth, but not arrays', () => {
    expect(canonicalJson({ b: [{ d: 1, c: [2, 1] }], a: null, e: undefined })).toBe(
      '{"a":null,"b":[{"c":[2,1],"d":1}]}',
    );
  });
});

describe('fingerprintOf', () => {
  const request = { method: 'POST', route: '/accounts', body: { customerId: 'c-1001', currency: 'EUR' } };

  it('is the same for the same request', () => {
    const reordered = { ...request, body: { currency: 'EUR', customerId: 'c-1001' } };

    expect(fingerprintOf(reordered)).toBe(fingerprintOf(request));
    expect(fingerprintOf(request)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([{ method: 'PUT' }, { route: '/other' }, { body: { ...request.body, label: 'x' } }])(
    'is different with %j',
    (other) => {
      expect(fingerprintOf({ ...request, ...other })).not.toBe(fingerprintOf(request));
    },
  );

  it('is different for different bodies', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        fc.pre(!isDeepStrictEqual(one, other));
        expect(fingerprintOf({ ...request, body: one })).not.toBe(fingerprintOf({ ...request, body: other }));
      }),
    );
  });
});
