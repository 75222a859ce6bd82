import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type ExperimentCall, experiments } from '@breakwater/contracts/experiments';
import { callTable, type DemoResults, resultsAsJson, resultsAsText } from './report.ts';

const slow: ExperimentCall = {
  n: 1,
  outcome: 'slow',
  durationMs: 2_013.4,
  state: 'OPEN',
  failureRate: 0,
  slowCallRate: 100,
  transitions: ['CLOSED->OPEN'],
};
const refused: ExperimentCall = { ...slow, n: 2, outcome: 'not-permitted', durationMs: 0.2, transitions: [] };
const unevaluated: ExperimentCall = {
  ...slow,
  n: 3,
  state: 'CLOSED',
  failureRate: -1,
  slowCallRate: -1,
  transitions: [],
};

const results: DemoResults = {
  experiments: experiments.slice(0, 1).map((experiment) => ({
    experiment,
    series: {
      instance: 'account-1',
      breaker: experiment.name,
      config: { slidingWindowType: 'COUNT_BASED', slidingWindowSize: 10, waitDurationInOpenState: 10_000 },
      calls: [slow, refused],
    },
  })),
  recovery: {
    breaker: 'count-slow',
    instance: 'account-1',
    healed: true,
    calls: [{ ...slow, outcome: 'answered', state: 'CLOSED', transitions: ['HALF_OPEN->CLOSED'] }],
    transitions: ['OPEN->HALF_OPEN', 'HALF_OPEN->CLOSED'],
    finalState: 'CLOSED',
    recovered: true,
  },
  timeScale: 4,
};

describe('resultsAsJson', () => {
  it('has the documented shape', () => {
    const shown = { outcome: 'slow', durationMs: 2_013.4, state: 'OPEN', failureRate: 0, slowCallRate: 100 };

    expect(JSON.parse(resultsAsJson(results))).toEqual({
      experiments: [
        {
          name: 'count-slow',
          config: { slidingWindowType: 'COUNT_BASED', slidingWindowSize: 10, waitDurationInOpenState: 10_000 },
          calls: [
            { n: 1, ...shown },
            { n: 2, ...shown, outcome: 'not-permitted', durationMs: 0.2 },
          ],
          openedAfterCall: 1,
          notPermitted: 1,
          finalState: 'OPEN',
        },
      ],
      recovery: {
        breaker: 'count-slow',
        instance: 'account-1',
        healed: true,
        calls: [{ n: 1, ...shown, outcome: 'answered', state: 'CLOSED' }],
        transitions: ['OPEN->HALF_OPEN', 'HALF_OPEN->CLOSED'],
        finalState: 'CLOSED',
        recovered: true,
      },
      timeScale: 4,
    });
  });
});

describe('callTable', () => {
  const rows = stripVTControlCharacters(callTable([slow, refused, unevaluated]))
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) => line.slice(1, -1).trim().split(/ {2,}/));

  it('has a row per call', () => {
    expect(rows.slice(1).map(([n]) => n)).toEqual(['1', '2', '3']);
  });

  it('shows the state transition of a call', () => {
    expect(rows[1]).toEqual(['1', 'slow', '2013 ms', 'CLOSED → OPEN', '0 %', '100 %']);
  });

  it('shows that a refused call got the fallback', () => {
    expect(rows[2]).toEqual(['2', 'not permitted → fallback', '0 ms', 'OPEN', '0 %', '100 %']);
  });

  it('shows a dash for a rate that is not calculated', () => {
    expect(rows[3]?.slice(4)).toEqual(['–', '–']);
  });
});

describe('resultsAsText', () => {
  const text = stripVTControlCharacters(resultsAsText(results));

  it('shows the experiment, its instance and its configuration', () => {
    expect(text).toMatch(/^1\. count-slow on account-1 ─+$/m);
    expect(text).toContain('slidingWindowType\u00A0COUNT_BASED, slidingWindowSize\u00A010\n');
  });

  it('shows the lesson', () => {
    expect(text.replaceAll('\n', ' ')).toContain(experiments[0]?.lesson);
  });

  it('fits into 80 columns', () => {
    const widest = {
      ...refused,
      n: 20,
      durationMs: 10_000,
      transitions: ['HALF_OPEN->CLOSED'],
      state: 'CLOSED' as const,
    };
    const lines = stripVTControlCharacters(`${text}\n${callTable([widest])}`).split('\n');

    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});
