import type { CircuitBreaker } from '../src/core/index.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { perform } from './circuit-breaker.operations.ts';
import { compareObservables, errorsByName, makeSubject, observe } from './circuit-breaker.subject.ts';
import type { CircuitBreakerTrace, Step } from './circuit-breaker.trace.ts';
import { compare, type Comparison } from './difference.ts';

/** How far a trace was the same when its calls went through `execute`. */
export interface ExecuteReplay {
  readonly identicalSteps: number;
  /** Whether the comparison ended at a late result: from there on `execute` is stricter, on purpose. */
  readonly endedAtLateResult: boolean;
  readonly difference: Comparison;
}

interface PendingCall {
  readonly settle: (step: Step) => void;
  readonly settled: Promise<unknown>;
  readonly isPermitted: boolean;
  /** Counts the stays of the circuit breaker in its states; a result is late when it arrives in another one. */
  readonly stay: number;
}

/** Whether a trace has only calls that a wrapping function could have made. */
export function isReplayableByExecute({ features }: CircuitBreakerTrace): boolean {
  return ['stray', 'free-duration', 'quirk', 'release'].every((feature) => !features.includes(feature));
}

/**
 * Replays a trace with each call as a pending promise under `execute`, which measures durations by itself. Up to the first
 * result that arrives after the state that admitted its call has ended, all must be as recorded.
 */
export async function replayByExecute(trace: CircuitBreakerTrace): Promise<ExecuteReplay> {
  const clock = new FakeClock(trace.startEpochMs);
  const { breaker, events } = makeSubject(trace, clock);
  const calls = new Map<number, PendingCall>();
  let expected = trace.initial;
  let stay = 0;
  breaker.on('STATE_TRANSITION', () => stay++);

  for (const [index, step] of trace.steps.entries()) {
    events.length = 0;
    clock.advanceTo(trace.startEpochMs + step.atMs);
    let isPermitted: boolean | undefined;

    const ending = step.op.startsWith('on') ? calls.get(step.call!) : undefined;
    if (step.op === 'tryAcquirePermission') {
      const call = startCall(breaker, () => stay);
      isPermitted = call.isPermitted;
      if (isPermitted) calls.set(step.call!, call);
    } else if (ending === undefined) {
      perform(breaker, step, trace.startEpochMs);
      // A state that is entered from itself publishes nothing, and still begins afresh.
      if (step.op !== 'advance' && step.throws === undefined) stay++;
    } else {
      if (ending.stay !== stay) return { identicalSteps: index, endedAtLateResult: true, difference: undefined };
      ending.settle(step);
      await ending.settled;
    }

    expected = { ...expected, ...step.after };
    const difference =
      compare(`the permission of step ${index + 1}`, step.result, isPermitted) ??
      compare(`the events of step ${index + 1}`, step.events, events) ??
      compareObservables(expected, observe(breaker));
    if (difference !== undefined) return { identicalSteps: index, endedAtLateResult: false, difference };
  }
  return { identicalSteps: trace.steps.length, endedAtLateResult: false, difference: undefined };
}

function startCall(breaker: CircuitBreaker, currentStay: () => number): PendingCall {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let isPermitted = false;
  const settled = breaker
    .execute(() => {
      // A call that is permitted is started before `execute` returns.
      isPermitted = true;
      return promise;
    })
    .catch(() => undefined);
  const settle = ({ op, error, value }: Step): void => {
    if (op === 'onError') reject(new errorsByName[error!](error));
    else resolve(op === 'onResult' ? value : undefined);
  };
  return { settle, settled, isPermitted, stay: currentStay() };
}
