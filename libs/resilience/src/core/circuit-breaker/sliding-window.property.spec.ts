import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import {
  CountBasedWindow,
  type SlidingWindow,
  TimeBasedWindow,
  type WindowOutcome,
  type WindowTotals,
} from './sliding-window.ts';

interface Call {
  readonly epochSecond: number;
  isFailed: boolean;
  readonly isSlow: boolean;
}

/** The definition: the sums over every call in the window. */
function sum(calls: readonly Call[]): WindowTotals {
  return {
    calls: calls.length,
    failedCalls: calls.filter(({ isFailed }) => isFailed).length,
    slowCalls: calls.filter(({ isSlow }) => isSlow).length,
    slowFailedCalls: calls.filter(({ isFailed, isSlow }) => isFailed && isSlow).length,
  };
}

function expectSame(actual: WindowTotals, expected: WindowTotals): void {
  expect({ ...actual }).toEqual(expected);
}

function nameOf({ isFailed, isSlow }: Call): WindowOutcome {
  if (isFailed) return isSlow ? 'SLOW_ERROR' : 'ERROR';
  return isSlow ? 'SLOW_SUCCESS' : 'SUCCESS';
}

const outcome = {
  isFailed: fc.boolean(),
  isSlow: fc.boolean(),
  /** Which slow success also fails after the call is recorded, as a position among all of them; `undefined` for none. */
  failing: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat() }),
};

/** The calls that were recorded, with their entries. */
class Recorded {
  readonly calls: Call[] = [];
  readonly #slowSuccesses: { readonly call: Call; readonly entry: number }[] = [];

  record(window: SlidingWindow, call: Call): void {
    const entry = window.record(call.isFailed, call.isSlow);
    this.calls.push(call);
    if (call.isSlow && !call.isFailed) this.#slowSuccesses.push({ call, entry });
  }

  /** @returns the call, and whether the window still had it; `undefined` when there is no slow success */
  markFailed(window: SlidingWindow, at: number): { readonly call: Call; readonly wasMarked: boolean } | undefined {
    const [marked] = this.#slowSuccesses.splice(at % Math.max(1, this.#slowSuccesses.length), 1);
    if (marked === undefined) return undefined;
    marked.call.isFailed = true;
    return { call: marked.call, wasMarked: window.markFailed(marked.entry) };
  }
}

describe('CountBasedWindow', () => {
  it('equals a list of the last N calls', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.record(outcome), { maxLength: 60 }),
        (size, outcomes) => {
          const window = new CountBasedWindow(size);
          const recorded = new Recorded();
          const inWindow = (): readonly Call[] => recorded.calls.slice(-size);

          for (const { isFailed, isSlow, failing } of outcomes) {
            recorded.record(window, { epochSecond: 0, isFailed, isSlow });
            const marked = failing === undefined ? undefined : recorded.markFailed(window, failing);
            expect(marked?.wasMarked).toBe(marked && inWindow().includes(marked.call));
            expectSame(window.totals(), sum(inWindow()));
            expect(window.contents()).toEqual({ type: 'COUNT_BASED', size, outcomes: inWindow().map(nameOf) });
          }
        },
      ),
    );
  });
});

/** Mostly short steps, sometimes a gap within the window, about as long as it, or far longer. */
const gapMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 1_500 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 15_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 10 ** 9 }) },
);

describe('TimeBasedWindow', () => {
  it('equals a list of the calls of the last N whole seconds, for any movement of the clock', () => {
    const step = fc.record({ gapMs, isRecorded: fc.boolean(), ...outcome });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 10 ** 12 }),
        fc.array(step, { maxLength: 60 }),
        (size, startAt, steps) => {
          const clock = new FakeClock(startAt);
          const window = new TimeBasedWindow(size, clock);
          const recorded = new Recorded();

          for (const { gapMs, isRecorded, isFailed, isSlow, failing } of steps) {
            clock.advance(gapMs);
            const now = Math.floor(clock.now() / 1_000);
            const isInWindow = ({ epochSecond }: Call): boolean => epochSecond > now - size;
            if (isRecorded) recorded.record(window, { epochSecond: now, isFailed, isSlow });
            const marked = failing === undefined ? undefined : recorded.markFailed(window, failing);
            expect(marked?.wasMarked).toBe(marked && isInWindow(marked.call));
            const inWindow = recorded.calls.filter(isInWindow);
            expectSame(window.totals(), sum(inWindow));
            expect(window.contents()).toEqual({
              type: 'TIME_BASED',
              size,
              epochSecond: now,
              seconds: Array.from(
                Map.groupBy(inWindow, (call) => call.epochSecond),
                ([epochSecond, calls]) => ({ epochSecond, ...sum(calls) }),
              ),
            });
          }
        },
      ),
    );
  });

  it('sets no timer', () => {
    const clock = new FakeClock();
    const window = new TimeBasedWindow(10, clock);

    window.record(true, true);

    expect(clock.pendingTimers).toBe(0);
  });
});
