import { describe, expect, it } from 'vitest';
import type { Stretch } from '../saturation.ts';
import type { ArmName } from './arm.ts';
import { type ArmRun, compare, isLevelCost, rotated } from './comparison.ts';

const run = (name: ArmName, costs: readonly (number | undefined)[], given: Partial<ArmRun> = {}): ArmRun => ({
  name,
  startsMs: [500, 700, 600],
  restMiB: 100,
  loadMiB: [120, 180, 150],
  warmUpSeconds: 30,
  isLevel: true,
  stretches: costs.map((processorMsEach): Stretch => ({ perSecond: 400, processorMsEach, busy: 0.9, others: 1 })),
  ...given,
});

describe('the comparison of services', () => {
  it('summarizes each arm', () => {
    const { arms } = compare([run('account', [2, 4, 3])], []);

    expect(arms).toMatchObject([
      { name: 'account', processorMsEach: 3, startMs: 600, restMiB: 100, loadMiB: 180, others: 3, isLevel: true },
    ]);
  });

  it('relates account to the bare service turn by turn', () => {
    // Every turn has another speed of the machine, and the same ratio.
    const { ratios } = compare([run('account', [2, 20, 4]), run('bare', [1, 10, 2])], []);

    expect(ratios).toMatchObject([{ of: 'account', to: 'bare', ratio: { median: 2, low: 2, high: 2, pairs: 3 } }]);
  });

  it('has no ratio to an arm that was not measured', () => {
    const notChecked = [{ name: 'bare', reason: 'it cannot be built' }] as const;

    expect(compare([run('account', [2])], notChecked)).toMatchObject({ ratios: [], notChecked });
  });

  it('has no ratio where the platform does not report processor time', () => {
    expect(compare([run('account', [undefined]), run('bare', [undefined])], []).ratios).toEqual([]);
  });
});

describe('the warm-up', () => {
  const flat = Array.from({ length: 20 }, () => 1);

  it.each([
    [true, 'has not changed in the last stretches', [...flat, ...flat]],
    [true, 'rises', [...flat, ...flat.map((cost) => cost * 1.1)]],
    [true, 'fell before', [5, 4, 3, ...flat, ...flat]],
    [false, 'still falls', [...flat.map((cost) => cost * 1.1), ...flat]],
    [false, 'is known for few stretches', flat],
  ])('is %j to be over when the cost %s', (expected, _, costs) => {
    expect(isLevelCost(costs)).toBe(expected);
  });
});

describe('the order of the turns', () => {
  it('begins with another arm in each', () => {
    expect([0, 1, 2, 3].map((turn) => rotated(['a', 'b', 'c'], turn).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });
});
