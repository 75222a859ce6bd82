import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { fingerprintOf } from './fingerprint.ts';

/** The same value with the members of all its objects the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

/** Minus zero is no number of JSON's. */
const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));

describe('canonicalJson', () => {
  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('says the same as any JSON of the value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('sorts members at every depth, and nothing else', () => {
    expect(canonicalJson({ b: [{ d: 1, c: [2, 1] }], a: null, e: undefined })).toBe(
      '{"a":null,"b":[{"c":[2,1],"d":1}]}',
    );
  });
});

describe('fingerprintOf', () => {
  const asked = { method: 'POST', route: '/accounts', body: { customerId: 'c-1001', currency: 'EUR' } };

  it('is the same for the same request', () => {
    const again = { ...asked, body: { currency: 'EUR', customerId: 'c-1001' } };

    expect(fingerprintOf(again)).toBe(fingerprintOf(asked));
    expect(fingerprintOf(asked)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([{ method: 'PUT' }, { route: '/other' }, { body: { ...asked.body, label: 'x' } }])(
    'is another with %j',
    (other) => {
      expect(fingerprintOf({ ...asked, ...other })).not.toBe(fingerprintOf(asked));
    },
  );

  it('tells different bodies apart', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        fc.pre(!isDeepStrictEqual(one, other));
        expect(fingerprintOf({ ...asked, body: one })).not.toBe(fingerprintOf({ ...asked, body: other }));
      }),
    );
  });
});
