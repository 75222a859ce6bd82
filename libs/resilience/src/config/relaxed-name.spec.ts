import { describe, expect, it } from 'vitest';
import { findRelaxed, nearestRelaxed, spelledLike } from './relaxed-name.ts';

const known = ['slidingWindowSize', 'slidingWindowType', 'baseConfig'];

describe('a relaxed name', () => {
  it.each([
    'slidingWindowSize',
    'sliding-window-size',
    'sliding_window_size',
    'SLIDINGWINDOWSIZE',
    'SLIDING_WINDOW_SIZE',
  ])('is found when written %s', (written) => {
    expect(findRelaxed(written, known)).toBe('slidingWindowSize');
  });

  it('is not found when a letter differs', () => {
    expect(findRelaxed('sliding-windw-size', known)).toBeUndefined();
  });

  it('has a nearest known name, whatever form it is mistyped in', () => {
    expect(nearestRelaxed('SLIDING_WINDW_SIZE', known)).toBe('slidingWindowSize');
    expect(nearestRelaxed('base-confg', known)).toBe('baseConfig');
    expect(nearestRelaxed('colour', known)).toBeUndefined();
  });
});

describe('a suggested name', () => {
  it.each([
    ['sliding-windw-size', 'sliding-window-size'],
    ['slidingWindwSize', 'slidingWindowSize'],
    ['SLIDING_WINDW_SIZE', 'SLIDINGWINDOWSIZE'],
  ])('for %s is spelled %s', (written, suggested) => {
    expect(spelledLike(written, 'slidingWindowSize')).toBe(suggested);
  });
});
