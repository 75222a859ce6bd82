import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { CountBasedWindow, TimeBasedWindow, type WindowOutcome, type WindowTotals } from './sliding-window.ts';

interface Call {
  readonly epochSecond: number;
  readonly isFailed: boolean;
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
};

describe('CountBasedWindow', () => {
  it('equals a list of the last N calls', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.record(outcome), { maxLength: 60 }),
        (size, outcomes) => {
          const window = new CountBasedWindow(size);
          const list: Call[] = [];

          for (const { isFailed, isSlow } of outcomes) {
            window.record(isFailed, isSlow);
            list.push({ epochSecond: 0, isFailed, isSlow });
            expectSame(window.totals(), sum(list.slice(-size)));
            expect(window.contents()).toEqual({ type: 'COUNT_BASED', size, outcomes: list.slice(-size).map(nameOf) });
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
          const list: Call[] = [];

          for (const { gapMs, isRecorded, isFailed, isSlow } of steps) {
            clock.advance(gapMs);
            const now = Math.floor(clock.now() / 1_000);
            if (isRecorded) {
              window.record(isFailed, isSlow);
              list.push({ epochSecond: now, isFailed, isSlow });
            }
            const inWindow = list.filter(({ epochSecond }) => epochSecond > now - size);
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
