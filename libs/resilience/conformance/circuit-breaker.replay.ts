import { FakeClock } from '../src/testing/fake-clock.ts';
import { perform } from './circuit-breaker.operations.ts';
import { compareObservables, makeSubject, observe } from './circuit-breaker.subject.ts';
import type { CircuitBreakerTrace } from './circuit-breaker.trace.ts';
import { compare, type Difference, type ReplayResult } from './difference.ts';
import { amended } from './quirks.ts';

/** Replays traces through the public low-level calls; each is compared after every step, up to its first difference. */
export async function replayCircuitBreakerTraces(traces: AsyncIterable<CircuitBreakerTrace>): Promise<ReplayResult> {
  const differences: Difference[] = [];
  let count = 0;
  let steps = 0;
  for await (const trace of traces) {
    const difference = replayTrace(amended(trace));
    if (difference !== undefined) differences.push(difference);
    count++;
    steps += trace.steps.length;
  }
  return { traces: count, steps, differences };
}

/** @returns the first difference, or `undefined` when the whole trace is the same */
export function replayTrace(trace: CircuitBreakerTrace): Difference | undefined {
  const clock = new FakeClock(trace.startEpochMs);
  const { breaker, events } = makeSubject(trace, clock);
  const label = trace.name === undefined ? trace.id : `${trace.id} (${trace.name})`;
  let expected = trace.initial;

  const atStart = compareObservables(expected, observe(breaker));
  if (atStart !== undefined) return { trace: label, step: 0, ...atStart };

  for (const [index, step] of trace.steps.entries()) {
    events.length = 0;
    clock.advanceTo(trace.startEpochMs + step.atMs);
    const { result, thrown } = perform(breaker, step, trace.startEpochMs);
    expected = { ...expected, ...step.after };

    const difference =
      compare('the result', step.result, result) ??
      compare('the error', step.throws, thrown) ??
      compare('the events', step.events, events) ??
      compareObservables(expected, observe(breaker));
    if (difference !== undefined) return { trace: label, step: index + 1, ...difference };
  }
  return undefined;
}
