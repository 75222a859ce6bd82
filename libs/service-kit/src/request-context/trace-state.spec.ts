import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTraceState } from './trace-state.ts';

const member = (key: string, length: number): string => `${key}=${'x'.repeat(length - key.length - 1)}`;

describe('parseTraceState', () => {
  it.each([
    ['a=1', 'a=1'],
    ['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['tenant@vendor=x:1 2', 'tenant@vendor=x:1 2'],
    [' a=1 ,\t,b=2,', 'a=1,b=2'],
  ])('passes on %j', (header, passedOn) => {
    expect(parseTraceState(header)).toBe(passedOn);
  });

  it.each([
    undefined,
    '',
    ' , ',
    'a',
    'a=',
    '=1',
    'A=1',
    'a=1=2',
    'a=1,b',
    'a=1,a=2',
    'a=\u00e9',
    'a=1\nb',
    `a=${'x'.repeat(257)}`,
    Array.from({ length: 33 }, (_, n) => `k${n}=1`).join(','),
  ])('drops all of %j', (header) => {
    expect(parseTraceState(header)).toBeUndefined();
  });

  it('lets long members go first where the whole is too long', () => {
    const short = Array.from({ length: 4 }, (_, n) => member(`s${n}`, 100));

    expect(parseTraceState([short[0], member('long', 129), ...short.slice(1)].join(','))).toBe(short.join(','));
  });

  it('lets the last members go where all are short', () => {
    const members = Array.from({ length: 10 }, (_, n) => member(`s${n}`, 100));

    expect(parseTraceState(members.join(','))).toBe(members.slice(0, 5).join(','));
  });

  it('never throws, and passes on 512 characters at most, which it would pass on again', () => {
    const pairs = fc
      .array(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/), fc.stringMatching(/^[!-+]{1,200}$/)))
      .map((members) => members.map((pair) => pair.join('=')).join(','));

    fc.assert(
      fc.property(fc.oneof(pairs, fc.string({ unit: 'binary' })), (header) => {
        const passedOn = parseTraceState(header);

        expect(passedOn?.length ?? 0).toBeLessThanOrEqual(512);
        expect(parseTraceState(passedOn)).toBe(passedOn);
      }),
    );
  });
});
