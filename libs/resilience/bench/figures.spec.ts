import { describe, expect, it } from 'vitest';
import { figureOf, overheads, pairwise, rowsOf } from './figures.ts';
import type { CaseResult } from './measure.ts';

const result: CaseResult = {
  name: 'success',
  nsPerCall: { bare: [100, 200, 100], breakwater: [150, 250, 160], cockatiel: [200, 300, 190] },
};

describe('The figures of a bench', () => {
  it('are medians with their quartiles', () => {
    expect(figureOf([5, 1, 3])).toStrictEqual({ median: 3, lower: 2, upper: 4 });
    expect(figureOf([7])).toStrictEqual({ median: 7, lower: 7, upper: 7 });
  });

  it('take relations round by round, so that a disturbed round does not count twice', () => {
    expect(overheads(result, 'breakwater')).toStrictEqual([50, 50, 60]);
    expect(pairwise([50, 50, 60], [100, 100, 90], (a, b) => a / b).median).toBe(0.5);
  });

  it('tell what a library adds, and nothing of the kind where there is no bare call', () => {
    expect(rowsOf(result).find(({ library }) => library === 'breakwater')).toStrictEqual({
      library: 'breakwater',
      case: 'success',
      nsPerCall: 160,
      overheadNs: 50,
      ratioToBare: 1.5,
      spreadNs: [50, 55],
    });
    const [row] = rowsOf({ name: 'rejection', nsPerCall: { breakwater: [3, 4, 5] } });
    expect(row).toMatchObject({ nsPerCall: 4, overheadNs: null, ratioToBare: null, spreadNs: [3.5, 4.5] });
  });
});
