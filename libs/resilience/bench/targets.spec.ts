import { describe, expect, it } from 'vitest';
import { cases } from './cases.ts';
import type { CaseResult } from './measure.ts';
import { judge, type Measured } from './targets.ts';

/** Everything as it should be: what others do takes as many times as long as it is meant to. */
function measured(change: Partial<Measured> = {}): Measured {
  const results = cases.map(({ name }): CaseResult => {
    const mollitia = name.includes('10 000') ? 1_000_000 : 50_000;
    const opossum = name.startsWith('failure') ? 100_000 : 1_000;
    const nsPerCall = { bare: [100], breakwater: [200], cockatiel: [1_000], opossum: [opossum], mollitia: [mollitia] };
    return { name, nsPerCall };
  });
  return {
    results,
    memory: [{ library: 'breakwater', bytesIdle: 1_200, growthBytes: 0, timersIdle: 0 }],
    registry: { circuitBreakers: 10_000, bytes: 1, timers: 0 },
    ...change,
  };
}

const missed = (what: Measured, isGuard = false): string[] =>
  judge(what, isGuard)
    .filter(({ isReached }) => !isReached)
    .map(({ name }) => name);

describe('The targets of the bench', () => {
  it('are reached where everything is as it should be', () => {
    expect(missed(measured())).toStrictEqual([]);
  });

  it.each([
    ['a timer for each circuit breaker', { timersIdle: 1 }, 'timers that an idle one holds'],
    ['memory that grows with calls', { growthBytes: 900_000 }, 'its growth in 100 000 calls, bytes'],
  ])('are missed by %s, whatever the margin', (_, change, name) => {
    const memory = [{ library: 'breakwater', bytesIdle: 1_200, growthBytes: 0, timersIdle: 0, ...change } as const];

    expect(missed(measured({ memory }), true)).toStrictEqual([name]);
  });

  it('are missed by a failure path that looks at the whole window, whatever the margin', () => {
    const results = measured().results.map((result) =>
      result.name === 'failure, COUNT_BASED 10 000'
        ? { ...result, nsPerCall: { ...result.nsPerCall, breakwater: [20_000] } }
        : result,
    );

    expect(missed(measured({ results }), true)).toStrictEqual([
      'failure: a window of 10 000 calls, of one of 10',
      "failure: opossum's with 10 000 calls in its window, of ours",
    ]);
  });
});
