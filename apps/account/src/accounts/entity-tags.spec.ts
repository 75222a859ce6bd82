import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entityTagOf, matchesStrongly, matchesWeakly, parseEntityTags } from './entity-tags.ts';

const opaque = fc.string({ unit: fc.constantFrom(...Array.from('!#09AZaz~,/W*é')) });
const tags = fc.array(fc.record({ opaque, weak: fc.boolean() }), { minLength: 1 });
const spaces = fc.stringMatching(/^[ \t]{0,3}$/);

describe('parseEntityTags', () => {
  it('reads whatever list of tags was written', () => {
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

  it('does not take long for a header that is almost one', () => {
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
