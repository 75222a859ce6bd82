import { describe, expect, it } from 'vitest';
import { customerFailures } from '../scenarios/customer-failures.ts';
import { expectedMinutes, reasonToRepeat } from './compare.ts';
import { judge } from './judgement.ts';
import { measure } from './measures.ts';
import type { RunRecord } from './run-record.ts';
import { sampleRun, servicesAt } from './testing/sample-run.ts';

const judged = (change: Partial<RunRecord> = {}) => {
  const record = sampleRun(change);
  const measures = measure(record);
  return { measures, judgement: judge(record, measures, {}) };
};

describe('a run of a comparison', () => {
  it('is made again when it is invalid or when other programs disturbed it', () => {
    const busy = [servicesAt(0, 0, { processors: { generator: 0.1, own: 0.7, machine: 1.1 } })];

    expect(reasonToRepeat(judged({ droppedRequests: 3 }))).toMatch(/^k6 could not start 3 requests/);
    expect(reasonToRepeat(judged({ services: busy }))).toBe('other programs took 20.00 % of all processors');
  });

  it('is kept, also when its results are bad', () => {
    const failed = sampleRun().requests.map((each) => (each.atMs > 10_000 ? { ...each, status: 0 } : each));

    expect(reasonToRepeat(judged())).toBeUndefined();
    expect(reasonToRepeat(judged({ requests: failed }))).toBeUndefined();
  });
});

it('takes about an hour for five repetitions of customer-slow', () => {
  const scenario = customerFailures.slow;
  const plan = { scenario, variant: 'as-configured', repetitions: 5, isShort: false, out: '' } as const;
  const durations = { ...scenario.short, during: scenario.durations.during };

  expect(expectedMinutes({ ...plan, durations })).toBe(49);
});
