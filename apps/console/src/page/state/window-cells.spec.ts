import { describe, expect, it } from 'vitest';
import { cellsOf, columnsOf } from './window-cells.ts';

describe('the picture of a window', () => {
  it('has a cell for each call, the oldest first, and the free places last', () => {
    expect(cellsOf({ size: 4, outcomes: ['ERROR', 'SLOW_SUCCESS'] })).toEqual([
      'ERROR',
      'SLOW_SUCCESS',
      'EMPTY',
      'EMPTY',
    ]);
  });

  it('has a column for each second, also for those without a call', () => {
    const seconds = [
      { epochSecond: 8, calls: 4, failedCalls: 1, slowCalls: 2, slowFailedCalls: 1 },
      { epochSecond: 10, calls: 2, failedCalls: 0, slowCalls: 0, slowFailedCalls: 0 },
    ];

    expect(columnsOf({ size: 3, epochSecond: 10, seconds })).toEqual([
      { calls: 4, good: 0.5, slow: 0.25, failed: 0.25 },
      { calls: 0, good: 0, slow: 0, failed: 0 },
      { calls: 2, good: 0.5, slow: 0, failed: 0 },
    ]);
  });
});
