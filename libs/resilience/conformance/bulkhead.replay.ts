import { setImmediate } from 'node:timers/promises';
import { BulkheadFullError } from '../src/core/bulkhead/bulkhead.errors.ts';
import { Bulkhead } from '../src/core/bulkhead/bulkhead.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import type { BulkheadStep, BulkheadTrace, SettledCall } from './bulkhead.trace.ts';
import { compare, type Difference, type ReplayResult } from './difference.ts';

/** Replays traces through the public low-level calls; each is compared after every step, up to its first difference. */
export async function replayBulkheadTraces(traces: AsyncIterable<BulkheadTrace>): Promise<ReplayResult> {
  const differences: Difference[] = [];
  let count = 0;
  let steps = 0;
  for await (const trace of traces) {
    const difference = await replayBulkheadTrace(trace);
    if (difference !== undefined) differences.push(difference);
    count++;
    steps += trace.steps.length;
  }
  return { traces: count, steps, differences };
}

/** @returns the first difference, or `undefined` when the whole trace is the same */
export async function replayBulkheadTrace(trace: BulkheadTrace): Promise<Difference | undefined> {
  const clock = new FakeClock();
  const { maxConcurrentCalls, maxWaitDurationMs } = trace.config;
  const bulkhead = new Bulkhead(trace.id, { maxConcurrentCalls, maxWaitDuration: maxWaitDurationMs }, { clock });
  const events: string[] = [];
  const settled: SettledCall[] = [];
  bulkhead.onEvent(({ type }) => events.push(type));
  const isWaiting = trace.features.includes('waiting');

  const atStart = compare('the state', trace.initial, bulkhead.metrics);
  if (atStart !== undefined) return { trace: trace.id, step: 0, ...atStart };

  for (const [index, step] of trace.steps.entries()) {
    events.length = 0;
    settled.length = 0;
    if (step.op === 'waitPastMaxWaitDuration') clock.advance(maxWaitDurationMs);
    const answer = await perform(bulkhead, step, settled);
    // What becomes of waiting callers shows once all that waits for no clock has run.
    if (isWaiting) await setImmediate();

    const difference =
      compare('the answer', expectedAnswer(step), answer) ??
      compare('the settled calls', step.settled ?? [], settled) ??
      // Different callers publish the events of one step, so that their order is not defined.
      (isWaiting
        ? compare('the events, in any order', step.events.toSorted(), events.toSorted())
        : compare('the events', step.events, events)) ??
      compare('the state', step.after, bulkhead.metrics);
    if (difference !== undefined) return { trace: trace.id, step: index + 1, ...difference };
  }
  return undefined;
}

function expectedAnswer(step: BulkheadStep): unknown {
  if (step.op === 'acquirePermission') return step.throws ?? 'permitted';
  return 'result' in step ? step.result : undefined;
}

async function perform(bulkhead: Bulkhead, step: BulkheadStep, settled: SettledCall[]): Promise<unknown> {
  switch (step.op) {
    case 'tryAcquirePermission':
      return bulkhead.tryAcquirePermission();
    case 'acquirePermission':
      return (await isPermitted(bulkhead)) ? 'permitted' : 'BulkheadFullException';
    case 'acquire':
      return acquire(bulkhead, step.call, settled);
    case 'onComplete':
      return bulkhead.onComplete();
    case 'releasePermission':
      return bulkhead.releasePermission();
    case 'changeConfig':
      return bulkhead.changeConfig({ maxConcurrentCalls: step.maxConcurrentCalls });
    case 'waitPastMaxWaitDuration':
      return undefined;
  }
}

async function isPermitted(bulkhead: Bulkhead): Promise<boolean> {
  try {
    await bulkhead.acquirePermission();
    return true;
  } catch (error) {
    if (error instanceof BulkheadFullError) return false;
    throw error;
  }
}

/** A caller that waits tells how its wait ended in the step that ends it. */
async function acquire(bulkhead: Bulkhead, call: number, settled: SettledCall[]): Promise<'permitted' | 'pending'> {
  let isPending = true;
  const answer = isPermitted(bulkhead).then((result) => {
    isPending = false;
    return result;
  });
  await setImmediate();
  if (!isPending) return 'permitted';
  void answer.then((result) => settled.push({ call, result }));
  return 'pending';
}
