import { type Experiment, lookupsPerExperiment } from './experiments.ts';
import type { BreakerState, Call, LookupSeries } from './lookups.ts';
import type { Recovery } from './recovery.ts';

/** What the calls of an experiment amount to. */
export interface Summary {
  readonly openedAfterCall: number | null;
  readonly notPermitted: number;
  readonly finalState: BreakerState | null;
}

/** What the calls amount to. */
export function summarize(calls: readonly Call[]): Summary {
  return {
    openedAfterCall: calls.find(({ state }) => state === 'OPEN')?.n ?? null,
    notPermitted: calls.filter(({ outcome }) => outcome === 'not-permitted').length,
    finalState: calls.at(-1)?.state ?? null,
  };
}

/** In which ways an experiment did not come out as stated: a sentence each, none when it did. */
export function deviations({ name, expectation }: Experiment, { breaker, calls }: LookupSeries): string[] {
  const { openedAfterCall, notPermitted, finalState } = summarize(calls);
  const found: string[] = [];
  const expect = (what: string, expected: unknown, actual: unknown): void => {
    if (expected !== actual) found.push(`${name}: ${what} should be ${String(expected)}, was ${String(actual)}`);
  };

  expect('the breaker', name, breaker);
  expect('the number of calls', lookupsPerExperiment, calls.length);
  expect('the call after which it opened', expectation.openedAfterCall ?? 'none', openedAfterCall ?? 'none');
  expect('the number of calls not permitted', expectation.notPermitted, notPermitted);
  expect('the final state', expectation.finalState, finalState);

  const odd = calls.filter(({ outcome }) => outcome !== expectation.permittedOutcome && outcome !== 'not-permitted');
  for (const { n, outcome } of odd) expect(`call ${n}`, expectation.permittedOutcome, outcome);

  const evaluated = calls.some(({ failureRate, slowCallRate }) => failureRate >= 0 || slowCallRate >= 0);
  expect(
    'an evaluation of its rates',
    expectation.evaluated ? 'made' : 'never made',
    evaluated ? 'made' : 'never made',
  );
  return found;
}

/** In which ways the recovery did not go as it should: a sentence each, none when it did. */
export function recoveryDeviations({ breaker, instance, finalState, transitions }: Recovery): string[] {
  const path = transitions.join(', ') || 'none';
  const expected = 'OPEN->HALF_OPEN, HALF_OPEN->CLOSED';
  return path === expected
    ? []
    : [`recovery: ${breaker} on ${instance} should go ${expected}; its transitions were ${path}, it is ${finalState}`];
}
