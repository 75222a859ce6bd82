import { describe, expect, it } from 'vitest';
import { quantity } from './quantity.ts';

describe('quantity', () => {
  it.each([
    ['2', 2],
    ['250m', 0.25],
    ['1500m', 1.5],
    ['182937n', 0.000182937],
    ['94Mi', 94 * 1024 * 1024],
    ['93124Ki', 93_124 * 1024],
  ])('reads %s', (text, value) => {
    expect(quantity(text)).toBeCloseTo(value, 12);
  });

  it.each(['', 'Mi', '12Xi', '-1', '1 m'])("refuses '%s'", (text) => {
    expect(() => quantity(text)).toThrow('is not a quantity such as 250m');
  });
});
