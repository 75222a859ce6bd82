import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIdempotencyKey } from './idempotency-key.ts';

const visible = Array.from({ length: 0x7e - 0x20 }, (_, n) => String.fromCodePoint(0x21 + n));
const key = fc.string({ unit: fc.constantFrom(...visible), minLength: 1, maxLength: 255 });

describe('parseIdempotencyKey', () => {
  it('reads whatever visible key is written as a string of structured fields', () => {
    fc.assert(
      fc.property(key, (key) => {
        expect(parseIdempotencyKey(`"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`)).toBe(key);
      }),
    );
  });

  it('takes the quotes or leaves them', () => {
    const uuid = '8e03978e-40d5-43dd-bc93-6894a57f9324';

    expect(parseIdempotencyKey(uuid)).toBe(uuid);
    expect(parseIdempotencyKey(`"${uuid}"`)).toBe(uuid);
  });

  it('is content with none', () => {
    expect(parseIdempotencyKey(undefined)).toBeUndefined();
  });

  it.each(['x'.repeat(255), `"${'x'.repeat(255)}"`])('takes a key of 255 characters (%#)', (header) => {
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
  ])('refuses %j', (header) => {
    expect(() => parseIdempotencyKey(header)).toThrow(/1 to 255 visible ASCII characters/);
  });
});
