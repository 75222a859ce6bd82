import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromCursor, toCursor } from './account-cursor.ts';

const id = '019a9b1c-7f00-7abc-8def-0123456789ab';

describe('a cursor', () => {
  it('leads back to the id it was made of', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(fromCursor(toCursor(id))).toBe(id);
      }),
    );
  });

  it('needs no escaping in a URL', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(toCursor(id)).toMatch(/^[\w-]{22}$/);
      }),
    );
  });

  it('is no other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.uuid()), (text) => {
        const id = fromCursor(text);
        expect(id === undefined || toCursor(id) === text).toBe(true);
      }),
    );
  });

  it.each(['', id, `${toCursor(id)}=`, ` ${toCursor(id)}`, toCursor(id).slice(1), 'B'.repeat(22), '!'.repeat(22)])(
    'is not %j',
    (text) => {
      expect(fromCursor(text)).toBeUndefined();
    },
  );
});
