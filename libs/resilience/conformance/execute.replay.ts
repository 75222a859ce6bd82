import type { CircuitBreaker } from '../src/core/index.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { compareObservables, createSubject, errorsByName, observe, perform } from './circuit-breaker.replay.ts';
import type { CircuitBreakerTrace, Step } from './circuit-breaker.trace.ts';
import { compare, type Comparison } from './traces.ts';

/** How far a trace was identical when its calls were made by `execute`. */
export interface ExecuteReplay {
  readonly identicalSteps: number;
  /** Whether the comparison ended at a late result, for which `execute` is stricter on purpose. */
  readonly endedAtLateResult: boolean;
  readonly difference: Comparison;
}

interface PendingCall {
  readonly settle: (step: Step) => void;
  readonly settled: Promise<unknown>;
  readonly isPermitted: boolean;
  /** The number of states that the circuit breaker had left before the call. A result is late when it has changed. */
  readonly statesLeft: number;
}

/** Whether a function that wraps calls could have produced the trace. */
export function isReplayableByExecute({ features }: CircuitBreakerTrace): boolean {
  return ['stray', 'free-duration', 'quirk', 'release'].every((feature) => !features.includes(feature));
}

/**
 * Replays a trace with each call as a pending promise under `execute`, which measures durations itself. Everything must be
 * as recorded up to the first result that arrives after the state that permitted its call was left.
 */
export async function replayByExecute(trace: CircuitBreakerTrace): Promise<ExecuteReplay> {
  const clock = new FakeClock(trace.startEpochMs);
  const { breaker, events } = createSubject(trace, clock);
  const calls = new Map<number, PendingCall>();
  let expected = trace.initial;
  let statesLeft = 0;
  breaker.on('STATE_TRANSITION', () => statesLeft++);

  for (const [index, step] of trace.steps.entries()) {
    events.length = 0;
    clock.advanceTo(trace.startEpochMs + step.atMs);
    let isPermitted: boolean | undefined;

    const endedCall = step.op.startsWith('on') ? calls.get(step.call!) : undefined;
    if (step.op === 'tryAcquirePermission') {
      const call = startCall(breaker, () => statesLeft);
      isPermitted = call.isPermitted;
      if (isPermitted) calls.set(step.call!, call);
    } else if (endedCall === undefined) {
      perform(breaker, step, trace.startEpochMs);
      // Entering the current state again emits no event, but starts a new state.
      if (step.op !== 'advance' && step.throws === undefined) statesLeft++;
    } else {
      if (endedCall.statesLeft !== statesLeft)
        return { identicalSteps: index, endedAtLateResult: true, difference: undefined };
      endedCall.settle(step);
      await endedCall.settled;
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

function startCall(breaker: CircuitBreaker, currentCount: () => number): PendingCall {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let isPermitted = false;
  const settled = breaker
    .execute(() => {
      // A permitted call starts before `execute` returns.
      isPermitted = true;
      return promise;
    })
    .catch(() => undefined);
  const settle = ({ op, error, value }: Step): void => {
    if (op === 'onError') reject(new errorsByName[error!](error));
    else resolve(op === 'onResult' ? value : undefined);
  };
  return { settle, settled, isPermitted, statesLeft: currentCount() };
}
