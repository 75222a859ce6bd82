import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertiesDocuments } from './properties-file.ts';

const keysOf = (text: string) => propertiesDocuments(text)[0];

describe('propertiesDocuments', () => {
  it.each([
    ['a.b=1', { 'a.b': '1' }],
    ['a.b = 1', { 'a.b': '1' }],
    ['a.b: 1', { 'a.b': '1' }],
    ['a.b 1', { 'a.b': '1' }],
    ['  a.b\t=\t1  ', { 'a.b': '1  ' }],
    ['a=b=c:d', { a: 'b=c:d' }],
    ['a==', { a: '=' }],
    ['a', { a: '' }],
    ['a=', { a: '' }],
    ['# a=1\n! b=2\n   # c=3\n\nd=4', { d: '4' }],
    ['a=1\r\nb=2\rc=3', { a: '1', b: '2', c: '3' }],
    ['a=one,\\\n    two,\\\n\tthree', { a: 'one,two,three' }],
    ['a=one\\\n# two', { a: 'one# two' }],
    ['a=one\\\\\nb=2', { a: 'one\\', b: '2' }],
    ['a=one\\', { a: 'one' }],
    ['# a comment does not continue \\\na=1', { a: '1' }],
    ['a\\ b\\=c\\:d=1', { 'a b=c:d': '1' }],
    ['a=\\t\\n\\r\\f\\u00e9\\z', { a: '\t\n\r\féz' }],
    ['a=1\na=2', { a: '2' }],
    ['\uFEFFa=1', { a: '1' }],
    ['a=1\uFEFF2', { a: '1\uFEFF2' }],
    ['a=b#c\nd=e!f', { a: 'b#c', d: 'e!f' }],
    ['a=1\nb=#---\nc=3', { a: '1', b: '#---', c: '3' }],
    ['a=one\\\\\\\n two', { a: 'one\\two' }],
    ['a\\\\=one\\\\\\\\\nb=2', { 'a\\': 'one\\\\', b: '2' }],
    ['a  :=  b', { a: '=  b' }],
    ['a.\\\n  b=1', { 'a.b': '1' }],
    ['a=\\u00E9\\u00412', { a: 'éA2' }],
  ])('reads %j as Java does', (text, expected) => {
    expect(keysOf(text)).toStrictEqual(expected);
  });

  it('separates documents at #--- and !---, as Spring does', () => {
    expect(propertiesDocuments('a=1\n#---\nb=2\n!---  \t\nc=3\n# --- a comment\n#----')).toStrictEqual([
      { a: '1' },
      { b: '2' },
      { c: '3' },
    ]);
  });

  it('throws a SyntaxError with the line of an escape that is not valid', () => {
    expect(() => propertiesDocuments('a=1\nb=\\u12g4')).toThrow(new SyntaxError("line 2: '\\u12g4' is no character"));
    expect(() => propertiesDocuments('a=1\nb=\\\n  c\\\n\\u123')).toThrow(
      new SyntaxError("line 2: '\\u123' is no character"),
    );
  });

  it('reads every key and value that is written with escapes', () => {
    const escaped = (text: string) =>
      text
        .split('')
        .map((letter) => (/\w/.test(letter) ? letter : `\\u${hexOf(letter)}`))
        .join('');
    const hexOf = (letter: string) => letter.charCodeAt(0).toString(16).padStart(4, '0');
    const unit = fc.nat(0xff_ff).map((code) => String.fromCharCode(code));
    const text = fc.array(unit, { minLength: 1 }).map((units) => units.join(''));

    fc.assert(
      fc.property(text, text, (key, value) => {
        expect(Object.entries(keysOf(`${escaped(key)}=${escaped(value)}`) ?? {})).toStrictEqual([[key, value]]);
      }),
    );
  });
});
