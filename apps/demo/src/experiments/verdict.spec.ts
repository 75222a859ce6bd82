import { describe, expect, it } from 'vitest';
import { type Experiment, experiments } from './experiments.ts';
import type { Call, LookupSeries, Outcome } from './lookups.ts';
import { deviations, recoveryDeviations, summarize } from './verdict.ts';

function call(n: number, changes: Partial<Call> = {}): Call {
  return {
    n,
    outcome: 'slow',
    durationMs: 2_000,
    state: 'CLOSED',
    failureRate: -1,
    slowCallRate: -1,
    transitions: [],
    ...changes,
  };
}

function calls(from: number, to: number, changes: Partial<Call> = {}): Call[] {
  return Array.from({ length: to - from + 1 }, (_, index) => call(from + index, changes));
}

/** What an account service sends when the breaker opens after a call. */
function opening(after: number): Call[] {
  return [
    ...calls(1, after - 1),
    call(after, { state: 'OPEN', failureRate: 0, slowCallRate: 100, transitions: ['CLOSED->OPEN'] }),
    ...calls(after + 1, 20, { outcome: 'not-permitted', state: 'OPEN', failureRate: 0, slowCallRate: 100 }),
  ];
}

const stayingClosed = [
  ...calls(1, 9, { outcome: 'answered' }),
  ...calls(10, 20, { outcome: 'answered', failureRate: 0, slowCallRate: 0 }),
];

function named(name: string): Experiment {
  const experiment = experiments.find((each) => each.name === name);
  if (experiment === undefined) throw new Error(`there is no experiment ${name}`);
  return experiment;
}

const series = (breaker: string, made: readonly Call[]): LookupSeries => ({
  instance: 'account-1',
  breaker,
  config: {},
  calls: made,
});

const check = (name: string, made: readonly Call[]): string[] => deviations(named(name), series(name, made));

describe('the summary of calls', () => {
  it('tells after which call the breaker opened, how many it refused and how it is now', () => {
    expect(summarize(opening(10))).toEqual({ openedAfterCall: 10, notPermitted: 10, finalState: 'OPEN' });
  });

  it('tells that it never opened', () => {
    expect(summarize(stayingClosed)).toEqual({ openedAfterCall: null, notPermitted: 0, finalState: 'CLOSED' });
  });

  it('tells nothing about no calls', () => {
    expect(summarize([])).toEqual({ openedAfterCall: null, notPermitted: 0, finalState: null });
  });
});

describe('the verdict on an experiment', () => {
  it.each([
    ['count-slow', opening(10)],
    ['count-failures-only', stayingClosed],
    ['count-minimum-above-window', opening(10)],
    ['time-minimum-5', opening(5)],
    ['time-minimum-6', calls(1, 20)],
  ])('is that %s came out as stated', (name, made) => {
    expect(check(name, made)).toEqual([]);
  });

  it('knows each experiment', () => {
    expect(experiments.map(({ name }) => name)).toEqual([
      'count-slow',
      'count-failures-only',
      'count-minimum-above-window',
      'time-minimum-5',
      'time-minimum-6',
    ]);
  });

  it('names every way in which a breaker that opened too late differs', () => {
    expect(check('count-slow', opening(11))).toEqual([
      'count-slow: the call after which it opened should be 10, was 11',
      'count-slow: the number of calls not permitted should be 10, was 9',
    ]);
  });

  it('does not accept a breaker that never opened', () => {
    expect(check('count-minimum-above-window', calls(1, 20))).toEqual([
      'count-minimum-above-window: the call after which it opened should be 10, was none',
      'count-minimum-above-window: the number of calls not permitted should be 10, was 0',
      'count-minimum-above-window: the final state should be OPEN, was CLOSED',
      'count-minimum-above-window: an evaluation of its rates should be made, was never made',
    ]);
  });

  it('does not accept a breaker that opened though it should not', () => {
    expect(check('count-failures-only', opening(10))).toContain(
      'count-failures-only: the call after which it opened should be none, was 10',
    );
  });

  it.each<[Outcome]>([['failed'], ['answered']])('does not accept a call that %s instead of being slow', (outcome) => {
    const made = opening(10).map((each) => (each.n === 3 ? { ...each, outcome } : each));

    expect(check('count-slow', made)).toEqual([`count-slow: call 3 should be slow, was ${outcome}`]);
  });

  it('does not accept rates where none can be worked out', () => {
    expect(check('time-minimum-6', calls(1, 20, { slowCallRate: 100, failureRate: 0 }))).toEqual([
      'time-minimum-6: an evaluation of its rates should be never made, was made',
    ]);
  });

  it('does not accept a series that is too short', () => {
    expect(check('time-minimum-6', calls(1, 19))).toEqual(['time-minimum-6: the number of calls should be 20, was 19']);
  });

  it('does not accept the calls of another breaker', () => {
    expect(deviations(named('count-slow'), series('default', opening(10)))).toEqual([
      'count-slow: the breaker should be count-slow, was default',
    ]);
  });
});

describe('the verdict on the recovery', () => {
  const recovery = {
    breaker: 'count-slow',
    instance: 'account-2',
    healed: true,
    calls: [],
    transitions: ['OPEN->HALF_OPEN', 'HALF_OPEN->CLOSED'],
    finalState: 'CLOSED',
    recovered: true,
  } as const;

  it('is that it went as it should', () => {
    expect(recoveryDeviations(recovery)).toEqual([]);
  });

  it.each([
    [[], 'none'],
    [['OPEN->HALF_OPEN', 'HALF_OPEN->OPEN'], 'OPEN->HALF_OPEN, HALF_OPEN->OPEN'],
  ])('does not accept the transitions %j', (transitions, shown) => {
    expect(recoveryDeviations({ ...recovery, transitions, finalState: 'OPEN', recovered: false })).toEqual([
      'recovery: count-slow on account-2 should go OPEN->HALF_OPEN, HALF_OPEN->CLOSED; ' +
        `its transitions were ${shown}, it is OPEN`,
    ]);
  });
});
