import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathSegment } from './path-segment.ts';

describe('pathSegment', () => {
  it.each(['', '.', '..'])("refuses '%s', which would change the path", (name) => {
    expect(() => pathSegment(name)).toThrow(`'${name}' cannot be a segment of a URL`);
  });

  it('keeps every other name one segment', () => {
    const name = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('.', '/', '%', '2', 'e') }),
    );
    fc.assert(
      fc.property(name, (text) => {
        fc.pre(!['', '.', '..'].includes(text));
        const { pathname } = new URL(`http://h/actuator/${pathSegment(text)}/x`);
        expect(pathname.split('/').map(decodeURIComponent)).toEqual(['', 'actuator', text, 'x']);
      }),
    );
  });
});
