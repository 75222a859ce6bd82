import { judgeCourse, type Verdict } from '@breakwater/resilience/doctor';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '@breakwater/system-runner';
import { describe, expect, it } from 'vitest';
import {
  agrees,
  comparisonAsJson,
  type ComparedStorm,
  type RealStorm,
  type StormComparison,
  stormSummary,
  stormTable,
} from './comparison.ts';
import { chosen, drawConfigurations, drawn, type StormConfiguration } from './configurations.ts';
import { predictStorm } from './run.ts';

const [usual] = chosen as [StormConfiguration];
const staysDown: Verdict = { kind: 'staysDown' };
const recovers = (afterSeconds: number, isExtrapolated = false): Verdict => ({
  kind: 'recovers',
  afterSeconds,
  isExtrapolated,
});

const run = (verdict: Verdict, change: Partial<RealStorm> = {}): RealStorm => ({
  verdict,
  course: { warmUp: 1, trigger: 0, arrivals: [30, 30], verified: [30, 0], attempts: [30, 90], backlog: [0, 60] },
  startedAt: '2030-01-02T03:04:05.678Z',
  runs: 1,
  invalid: undefined,
  eventLoopLagMs: 12,
  generatorShare: 0.02,
  machineShare: 0.5,
  ...change,
});

const storm = (
  predicted: Verdict,
  real: RealStorm | undefined,
  change: Partial<ComparedStorm> = {},
): ComparedStorm => ({
  number: 1,
  isDrawn: false,
  configuration: usual,
  predicted,
  real,
  ...change,
});

describe('agrees', () => {
  it('compares the kinds of verdicts, not the times', () => {
    expect(agrees(storm(recovers(10), run(recovers(40, true))))).toBe(true);
    expect(agrees(storm(staysDown, run(recovers(40))))).toBe(false);
    expect(agrees(storm({ kind: 'unharmed' }, run(recovers(0))))).toBe(false);
  });

  it('is undefined without a valid run', () => {
    expect(agrees(storm(staysDown, undefined))).toBeUndefined();
    expect(agrees(storm(staysDown, run(staysDown, { invalid: 'the machine was exhausted' })))).toBeUndefined();
  });
});

describe('stormTable', () => {
  it('has prediction, result and agreement of each configuration, with the misses marked', () => {
    const drawn = { number: 2, isDrawn: true, configuration: { ...usual, hasBudget: true, timeoutMs: 500 } };
    const [, ...rows] = stormTable([
      storm(staysDown, run(staysDown)),
      storm(recovers(48), run(staysDown), drawn),
      storm(recovers(48), run(recovers(70, true)), { number: 3 }),
      storm(staysDown, run(staysDown, { invalid: 'no request was sent' }), { number: 4 }),
    ]);

    expect(rows).toEqual([
      ['1', '30/s, 5 ×', '1 s', '3', 'no', 'no', '1000', 'stays down', 'stays down', 'yes'],
      ['2, drawn', '30/s, 5 ×', '0.5 s', '3', 'yes', 'no', '1000', 'recovers after 48 s', 'stays down', '**no**'],
      [
        '3',
        '30/s, 5 ×',
        '1 s',
        '3',
        'no',
        'no',
        '1000',
        'recovers after 48 s',
        'recovers after 70 s (extrapolated)',
        'yes',
      ],
      ['4', '30/s, 5 ×', '1 s', '3', 'no', 'no', '1000', 'stays down', 'invalid', '–'],
    ]);
  });
});

describe('stormSummary', () => {
  it('counts the valid runs, and names those that were repeated', () => {
    const storms = [
      storm(staysDown, run(staysDown)),
      storm(staysDown, run(recovers(1), { runs: 2 }), { number: 2 }),
      storm(staysDown, undefined, { number: 3 }),
    ];

    expect(stormSummary(storms)).toBe('1 of 2 verdicts agree. Repeated because the first run was invalid: 2.');
  });
});

describe('comparisonAsJson', () => {
  it('writes the numbers of a course on one line, and nothing else differently', () => {
    const comparison = { model: 'abc', seed: 1, machine: 'one', storms: [storm(staysDown, run(staysDown))] };

    const text = comparisonAsJson(comparison);

    expect(text).toContain('"arrivals": [ 30, 30 ],\n');
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(comparison)));
  });
});

describe('docs/storms/comparison.json', () => {
  const file = path.join(workspaceRoot, 'docs/storms/comparison.json');
  const { storms, seed }: StormComparison = JSON.parse(readFileSync(file, 'utf8'));

  it('has the configurations of its seed', () => {
    const configurations = [...chosen, ...drawConfigurations(seed, drawn)];
    expect(storms.map(({ configuration }) => configuration)).toEqual(configurations);
  });

  it.each(storms)('has the prediction of the present model for configuration $number', async (each) => {
    expect(await predictStorm(each.configuration)).toEqual(each.predicted);
  });

  it.each(storms.filter(({ real }) => real !== undefined))(
    'has the verdict on the course of the real system for configuration $number',
    ({ real }) => {
      expect(judgeCourse(real!.course, real!.course.arrivals.length)).toEqual(real!.verdict);
    },
  );
});
