import { describe, expect, it } from 'vitest';
import { scenarios } from '../scenarios/index.ts';
import { actualPhases, loadOf, plannedPhases, warmUpSeconds } from './load-of.ts';

const durations = { before: 10, during: 20, after: 15 };
const warm = warmUpSeconds * 1_000;

describe('the phases of a load test', () => {
  it('start with the warm-up, and each begins when the previous one ends', () => {
    expect(plannedPhases(durations)).toEqual([
      { name: 'warm-up', fromMs: 0, toMs: warm },
      { name: 'before', fromMs: warm, toMs: warm + 10_000 },
      { name: 'during', fromMs: warm + 10_000, toMs: warm + 30_000 },
      { name: 'after', fromMs: warm + 30_000, toMs: warm + 45_000 },
    ]);
  });

  it('are omitted when they are empty', () => {
    expect(plannedPhases({ before: 0, during: 20, after: 0 }).map(({ name }) => name)).toEqual(['warm-up', 'during']);
  });

  it('change with the actual start and end of the fault', () => {
    const phases = actualPhases(plannedPhases(durations), warm + 10_100, warm + 32_000);

    expect(phases.map(({ fromMs, toMs }) => [fromMs - warm, toMs - warm])).toEqual([
      [-warm, 0],
      [0, 10_100],
      [10_100, 32_000],
      [32_000, 45_000],
    ]);
  });
});

describe.each(scenarios)('the load of $name', (scenario) => {
  it.each([
    ['full', scenario.durations],
    ['short', scenario.short],
  ])('lasts as long as its phases in the %s form', (_, each) => {
    const seconds = loadOf(scenario, each).stages.reduce((sum, stage) => sum + stage.seconds, 0);

    expect(seconds).toBe(warmUpSeconds + each.before + each.during + each.after);
  });

  it('has all steps within the phase', () => {
    const steps = scenario.steps?.(scenario.short) ?? [];

    expect(steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).toSorted((a, b) => a - b));
    for (const { at } of steps) expect(at).toBeLessThanOrEqual(scenario.short.during);
  });
});
