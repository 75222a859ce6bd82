import type { CircuitBreakerTrace, Step } from './circuit-breaker.trace.ts';

/** The behaviour of this library in place of a bug of Resilience4j. */
interface Quirk {
  /** What Resilience4j does, what this library does, and why. */
  readonly decision: string;
  /** The steps that differ, by their index, with the values of this library. */
  readonly steps: Readonly<Record<number, Partial<Pick<Step, 'throws' | 'after' | 'events' | 'result'>>>>;
}

const emptyWindowDecision =
  'Resilience4j enters OPEN from FORCED_OPEN or DISABLED with a window of size zero: a result in that state throws an ' +
  'ArithmeticException after it was counted. Here these states have an empty window as configured. OPEN keeps it and ' +
  'records results in it as in any other OPEN.';

const staleTimerDecision =
  'In Resilience4j a reset does not cancel the timer of the current state, which later moves the circuit breaker out of an ' +
  'unrelated state. Here leaving a state cancels its timer, by reset as by any transition.';

/** The four recorded scenarios that show bugs of Resilience4j. They are replayed like all others, with these steps replaced. */
export const quirks: Readonly<Record<string, Quirk>> = {
  'quirk-recording-after-forced-open-to-open-throws': {
    decision: emptyWindowDecision,
    steps: {
      5: { throws: undefined, after: { bufferedCalls: 1, successfulCalls: 1 } },
      6: { throws: undefined, after: { failureRate: 50, slowCallRate: 0, bufferedCalls: 2, failedCalls: 1 } },
    },
  },
  'quirk-recording-after-disabled-to-open-throws': {
    decision: emptyWindowDecision,
    steps: {
      3: { throws: undefined, after: { bufferedCalls: 1, failedCalls: 1 } },
    },
  },
  'quirk-reset-leaves-automatic-transition-pending': {
    decision: staleTimerDecision,
    steps: {
      10: { after: {}, events: [] },
    },
  },
  'quirk-reset-leaves-half-open-timer-pending': {
    decision: staleTimerDecision,
    steps: {
      8: { after: {}, events: [] },
      9: { result: true, after: {}, events: [] },
      10: { result: true, after: {}, events: [] },
    },
  },
};

/** The trace with the steps of its quirk replaced, if it has one. */
export function amended(trace: CircuitBreakerTrace): CircuitBreakerTrace {
  const quirk = trace.features.includes('quirk') ? quirks[trace.name ?? ''] : undefined;
  if (quirk === undefined) return trace;
  return { ...trace, steps: trace.steps.map((step, index) => ({ ...step, ...quirk.steps[index] })) };
}
