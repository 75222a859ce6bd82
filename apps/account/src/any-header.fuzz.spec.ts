import { ProblemException } from '@breakwater/service-kit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { entityTagOf, matchesStrongly, matchesWeakly, parseEntityTags } from './accounts/account-version.ts';
import { fromCursor, listAccountsQuery, toCursor } from './accounts/account.requests.ts';
import { parseIdempotencyKey } from './idempotency/idempotency-key.ts';

/** Headers as Node passes them on: Latin-1. */
const latin1 = fc.string({ unit: fc.integer({ min: 0x09, max: 0xff }).map((code) => String.fromCodePoint(code)) });
const tagLike = fc
  .array(fc.constantFrom('"', 'W/', 'w/', '*', ',', ' ', '\t', '1', '"1"', 'W/"1"', '"a"', '\\'), { maxLength: 200 })
  .map((parts) => parts.join(''));

it('any If-Match names versions by tags that it contains, weak ones for no change', () => {
  fc.assert(
    fc.property(fc.oneof(latin1, tagLike), fc.integer({ min: 1, max: 12 }), (header, version) => {
      const tags = parseEntityTags(header);
      const isStar = header.trim() === '*';

      expect(tags === '*').toBe(isStar);
      const [strongly, weakly] = [matchesStrongly(tags, version), matchesWeakly(tags, version)];
      if (weakly && !isStar) expect(header).toContain(entityTagOf(version));
      if (strongly) expect(weakly).toBe(true);
      if (strongly && !isStar) expect(header).toMatch(new RegExp(`(?:^|[^/])"${version}"`));
    }),
  );
});

it('any Idempotency-Key is one visible key of at most 255 characters, or a problem with status 400', () => {
  const keyLike = fc
    .array(fc.oneof(fc.constantFrom('"', '\\', '\\"', ',', ';', ' '), fc.string({ maxLength: 3 })), { maxLength: 300 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(latin1, keyLike), (header) => {
      try {
        const key = parseIdempotencyKey(header) ?? '';
        expect(key).toMatch(/^[\x21-\x7e]{1,255}$/);
        // Written in quotes, it is the same key.
        expect(parseIdempotencyKey(`"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`)).toBe(key);
      } catch (error) {
        if (!(error instanceof ProblemException)) throw error;
        expect(error.problem).toMatchObject({ status: 400 });
      }
    }),
  );
});

it('any cursor is that of exactly one account, or none', () => {
  const cursorLike = fc.oneof(fc.string(), fc.stringMatching(/^[\w-]{20,24}=?$/), fc.uuid().map(toCursor));
  fc.assert(
    fc.property(cursorLike, (cursor) => {
      const id = fromCursor(cursor);
      if (id !== undefined) expect(toCursor(id)).toBe(cursor);
      expect(listAccountsQuery.safeParse({ cursor }).success).toBe(id !== undefined);
    }),
  );
});
