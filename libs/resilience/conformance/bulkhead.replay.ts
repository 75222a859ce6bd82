import { setImmediate } from 'node:timers/promises';
import { BulkheadFullError } from '../src/core/bulkhead/bulkhead.errors.ts';
import { Bulkhead } from '../src/core/bulkhead/bulkhead.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { compare, type Difference } from './traces.ts';

/** The observable values of a bulkhead between two operations. */
export interface BulkheadObservables {
  readonly availableConcurrentCalls: number;
  readonly maxAllowedConcurrentCalls: number;
}

/** A waiting call whose wait has ended. */
export interface SettledCall {
  readonly call: number;
  readonly result: boolean;
}

interface RecordedStep {
  readonly after: BulkheadObservables;
  readonly events: readonly string[];
  /** The waiting calls that this step settled; only in traces with waiting calls. */
  readonly settled?: readonly SettledCall[];
}

export type BulkheadStep = RecordedStep &
  (
    | { readonly op: 'tryAcquirePermission'; readonly call?: number; readonly result: boolean }
    | { readonly op: 'acquirePermission'; readonly call?: number; readonly throws?: 'BulkheadFullException' }
    | { readonly op: 'acquire'; readonly call: number; readonly result: 'permitted' | 'pending' }
    | { readonly op: 'onComplete' | 'releasePermission'; readonly call?: number }
    | { readonly op: 'changeConfig'; readonly maxConcurrentCalls: number }
    | { readonly op: 'waitPastMaxWaitDuration' }
  );

/** The recorded operations of one bulkhead; a line of `bulkhead.jsonl`. */
export interface BulkheadTrace {
  readonly id: string;
  readonly features: readonly string[];
  readonly config: { readonly maxConcurrentCalls: number; readonly maxWaitDurationMs: number };
  readonly initial: BulkheadObservables;
  readonly steps: readonly BulkheadStep[];
}

/** Replays a trace through the public low-level methods. @returns the first difference, if there is one */
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
    const result = await perform(bulkhead, step, settled);
    // Waiting callers settle when all pending reactions of promises have run.
    if (isWaiting) await setImmediate();

    const difference =
      compare('the result', expectedResult(step), result) ??
      compare('the settled calls', step.settled ?? [], settled) ??
      // The events of one step belong to different callers, so their order is not defined.
      (isWaiting
        ? compare('the events, in any order', step.events.toSorted(), events.toSorted())
        : compare('the events', step.events, events)) ??
      compare('the state', step.after, bulkhead.metrics);
    if (difference !== undefined) return { trace: trace.id, step: index + 1, ...difference };
  }
  return undefined;
}

function expectedResult(step: BulkheadStep): unknown {
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

/** The wait of a caller is settled in a later step. */
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
