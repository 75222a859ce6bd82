import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { scaledClock, systemClock } from './clock.ts';

describe('A clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('reads milliseconds since the Unix epoch', () => {
    vi.useRealTimers();

    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
  });

  it('calls back when the delay is over, and not before', () => {
    const callback = vi.fn<() => void>();
    systemClock.schedule(100, callback);

    vi.advanceTimersByTime(99);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('does not call back once cancelled', () => {
    const callback = vi.fn<() => void>();
    const cancel = systemClock.schedule(100, callback);

    cancel();
    cancel();
    vi.advanceTimersByTime(1_000);

    expect(callback).not.toHaveBeenCalled();
  });

  it('waits out delays that are longer than a timer can be', () => {
    const fortyDaysMs = 40 * 86_400_000;
    const callback = vi.fn<() => void>();
    systemClock.schedule(fortyDaysMs, callback);

    vi.advanceTimersByTime(fortyDaysMs - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('runs faster by its scale, readings and delays alike', () => {
    const clock = scaledClock(5);
    const callback = vi.fn<() => void>();
    const before = clock.now();
    clock.schedule(2_000, callback);

    vi.advanceTimersByTime(400);

    expect(clock.now() - before).toBeCloseTo(2_000, 6);
    expect(callback).toHaveBeenCalledOnce();
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the speed %d', (speed) => {
    expect(() => scaledClock(speed)).toThrow(RangeError);
  });
});
