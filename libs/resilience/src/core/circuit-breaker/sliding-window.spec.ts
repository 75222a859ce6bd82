import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { TimeBasedWindow } from './sliding-window.ts';

describe('A time window', () => {
  it('does not mark a call as failed that is too old, even if nothing has read the window since', () => {
    const clock = new FakeClock();
    const window = new TimeBasedWindow(2, clock);
    const entry = window.record(false, true);

    clock.advance(1_000);
    expect(window.markFailed(entry)).toBe(true);

    const later = window.record(false, true);
    clock.advance(2_000);
    expect(window.markFailed(later)).toBe(false);
    expect(window.totals()).toMatchObject({ calls: 0, failedCalls: 0 });
  });
});
