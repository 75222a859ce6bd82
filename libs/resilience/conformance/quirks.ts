import type { CircuitBreakerTrace, Step } from './circuit-breaker.trace.ts';

/** What this library does instead of one of Resilience4j's bugs. */
interface Quirk {
  /** What Resilience4j does, what this library does, and why. */
  readonly decision: string;
  /** The steps that differ, by their index, and what is to be seen there instead. */
  readonly steps: Readonly<Record<number, Partial<Pick<Step, 'throws' | 'after' | 'events' | 'result'>>>>;
}

const emptyWindowDecision =
  'Resilience4j enters OPEN from FORCED_OPEN or DISABLED with a window of size zero, so that a result which arrives then ' +
  'throws an ArithmeticException after it was counted. Here these states carry an empty window of the configured kind: ' +
  'OPEN takes it over, and results are filed in it as in any other OPEN.';

const staleTimerDecision =
  'In Resilience4j a reset leaves the timer of the state that it ends pending; later it moves the circuit breaker out of ' +
  'whatever state it is in by then. Here leaving a state cancels its timer, by reset as by any transition.';

/**
 * The four recorded scenarios in which Resilience4j does not do what it means to. They are replayed like all others, with
 * the steps that differ written out here, so that the decision is held as firmly as the rest.
 */
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

/** The trace as this library is to reproduce it: unchanged, but for the documented quirks. */
export function amended(trace: CircuitBreakerTrace): CircuitBreakerTrace {
  const quirk = trace.features.includes('quirk') ? quirks[trace.name ?? ''] : undefined;
  if (quirk === undefined) return trace;
  return { ...trace, steps: trace.steps.map((step, index) => ({ ...step, ...quirk.steps[index] })) };
}
