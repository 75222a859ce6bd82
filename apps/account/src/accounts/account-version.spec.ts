import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entityTagOf, matchesStrongly, matchesWeakly, notClosed, parseEntityTags } from './account-version.ts';
import type { Account } from './account.ts';

const opaque = fc.string({ unit: fc.constantFrom(...Array.from('!#09AZaz~,/W*é')) });
const tags = fc.array(fc.record({ opaque, weak: fc.boolean() }), { minLength: 1 });
const spaces = fc.stringMatching(/^[ \t]{0,3}$/);

describe('parseEntityTags', () => {
  it('reads any list of tags', () => {
    fc.assert(
      fc.property(tags, spaces, spaces, (tags, before, after) => {
        const header = tags.map(({ opaque, weak }) => `${weak ? 'W/' : ''}"${opaque}"`).join(`${before},${after}`);

        expect(parseEntityTags(header)).toEqual(tags);
      }),
    );
  });

  it('reads a star', () => {
    expect(parseEntityTags(' * ')).toBe('*');
  });

  it.each(['', '1', '"1', '1"', '"1" "2"', '"1",', 'w/"1"', '"1", *', '"a b"'])('finds no tag in %j', (header) => {
    expect(parseEntityTags(header)).toEqual([]);
  });

  it('reads an invalid header of 10,000 characters quickly', () => {
    const header = `${'"1",\t '.repeat(2_000)}"`;

    expect(parseEntityTags(header)).toEqual([]);
  });
});

describe('a version', () => {
  it.each([
    ['*', true, true],
    ['"3"', true, true],
    ['"1", "3"', true, true],
    ['W/"3"', false, true],
    ['"03"', false, false],
    ['"2"', false, false],
    ['3', false, false],
  ])('is matched by %s strongly: %s, weakly: %s', (header, strongly, weakly) => {
    const tags = parseEntityTags(header);

    expect([matchesStrongly(tags, 3), matchesWeakly(tags, 3)]).toEqual([strongly, weakly]);
  });

  it('is matched by its own tag', () => {
    expect(matchesStrongly(parseEntityTags(entityTagOf(12)), 12)).toBe(true);
  });
});

const account = (status: Account['status']): Account => ({ id: 'a', version: 2, status }) as Account;

describe('notClosed', () => {
  it.each([
    ['"2"', 'CLOSED', 409],
    ['*', 'PENDING_VERIFICATION', 409],
    ['"1"', 'CLOSED', 412],
    ['"1"', 'ACTIVE', 412],
    ['W/"2"', 'ACTIVE', 412],
  ] as const)(
    'for If-Match %s and an account that is %s responds with %i and the ETag',
    (ifMatch, status, expected) => {
      expect(notClosed(account(status), parseEntityTags(ifMatch)).problem).toMatchObject({
        status: expected,
        headers: { etag: '"2"' },
      });
    },
  );
});
