import { SystemFailure } from '@breakwater/system-runner';
import { describe, expect, it } from 'vitest';
import type { JudgedRun } from '../report/terminal.ts';
import { customerFailures } from '../scenarios/customer-failures.ts';
import { expectedMinutes, reasonToRepeat, withOneRepetition } from './compare.ts';
import { judge } from './judgement.ts';
import { measure } from './measures.ts';
import type { RunRecord } from './run-record.ts';
import { sampleRun, servicesAt } from './testing/sample-run.ts';

function judgedRun(change: Partial<RunRecord> = {}): JudgedRun {
  const record = sampleRun(change);
  const measures = measure(record);
  return { claim: 'A claim.', record, measures, judgement: judge(record, measures, {}) };
}

describe('a run of a comparison', () => {
  it('is made again when it is invalid or when other programs disturbed it', () => {
    const busy = [servicesAt(0, 0, { processors: { generator: 0.1, own: 0.7, machine: 1.1 } })];

    expect(reasonToRepeat(judgedRun({ droppedRequests: 3 }))).toMatch(/^k6 could not start 3 requests/);
    expect(reasonToRepeat(judgedRun({ services: busy }))).toBe('other programs took 20.00 % of all processors');
  });

  it('is kept, also when its results are bad', () => {
    const failed = sampleRun().requests.map((each) => (each.atMs > 10_000 ? { ...each, status: 0 } : each));

    expect(reasonToRepeat(judgedRun())).toBeUndefined();
    expect(reasonToRepeat(judgedRun({ requests: failed }))).toBeUndefined();
  });
});

describe('the repetition of a run', () => {
  const good = judgedRun();
  const bad = judgedRun({ droppedRequests: 3 });

  async function make(...results: readonly (JudgedRun | Error)[]) {
    const left = [...results];
    const why: string[] = [];
    const run = async (): Promise<JudgedRun> => {
      const next = left.shift();
      if (next === undefined) throw new Error('there is no further run');
      if (next instanceof Error) throw next;
      return next;
    };
    return { ...(await withOneRepetition(run, (each) => void why.push(each))), why, left: left.length };
  }

  it('is not made for a good run', async () => {
    expect(await make(good, good)).toEqual({ judged: good, repeatedBecause: undefined, why: [], left: 1 });
  });

  it('replaces an invalid run, once, also by another one', async () => {
    const because = expect.stringMatching(/^k6 could not start 3 requests/) as string;

    expect(await make(bad, good)).toEqual({ judged: good, repeatedBecause: because, why: [because], left: 0 });
    expect(await make(bad, bad, good)).toMatchObject({ judged: bad, left: 1 });
  });

  it('replaces a run whose system did not start, and no other error', async () => {
    const notReady = new SystemFailure('customer-1 was not ready after 30 s', 'See its log.');

    expect(await make(notReady, good)).toMatchObject({ judged: good, why: ['customer-1 was not ready after 30 s'] });
    await expect(make(notReady, notReady)).rejects.toThrow(notReady);
    await expect(make(new TypeError('a bug'), good)).rejects.toThrow('a bug');
  });
});

it('takes about an hour for five repetitions of customer-slow', () => {
  const scenario = customerFailures.slow;
  const plan = { scenario, variant: 'as-configured', repetitions: 5, isShort: false, out: '' } as const;
  const durations = { ...scenario.short, during: scenario.durations.during };

  expect(expectedMinutes({ ...plan, durations })).toBe(49);
});
