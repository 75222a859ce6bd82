import { describe, expect, it } from 'vitest';
import { parseRate } from './rate.ts';

describe('A rate', () => {
  it.each([
    ['0.5/s', 0.5],
    ['5', 5],
    [5, 5],
    ['30/min', 0.5],
    ['30 / m', 0.5],
    ['3600/h', 1],
  ])('%j is %d calls a second', (text, rate) => {
    expect(parseRate(text)).toBe(rate);
  });

  it.each(['0', '0/s', '-1/s', '5/d', 'five', '', '1/s/s', '5s', undefined])('is not %j', (text) => {
    expect(parseRate(text)).toBeUndefined();
  });
});
