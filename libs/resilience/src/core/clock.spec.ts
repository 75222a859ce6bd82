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

  describe('asked again and again within a moment', () => {
    /** Reads so often that a burst has begun, with `eachMs` between readings. */
    const readOften = (eachMs: number): void => {
      for (let reading = 0; reading < 40; reading++) {
        vi.advanceTimersByTime(eachMs);
        systemClock.now();
      }
    };
    const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

    beforeEach(turn);

    it('asks the operating system for few of the readings, and never runs backwards', () => {
      const asked = vi.spyOn(performance, 'now');
      const readings = Array.from({ length: 1_000 }, () => systemClock.now());

      expect(asked.mock.calls.length).toBeLessThan(100);
      expect(readings).toStrictEqual(readings.toSorted((a, b) => a - b));
    });

    it('knows the time again after at most 64 readings', () => {
      const offset = systemClock.now() - performance.now();
      readOften(0);
      vi.advanceTimersByTime(2_000);

      for (let reading = 0; reading < 64; reading++) systemClock.now();

      expect(systemClock.now()).toBeCloseTo(performance.now() + offset, 3);
    });

    it('knows the time in the next turn of the event loop', async () => {
      const offset = systemClock.now() - performance.now();
      readOften(0);
      await turn();
      vi.advanceTimersByTime(7);

      expect(systemClock.now()).toBeCloseTo(performance.now() + offset, 3);
    });

    it('measures what takes its time within one turn', () => {
      readOften(1);
      const startedAt = systemClock.now();
      vi.advanceTimersByTime(5);

      expect(systemClock.now() - startedAt).toBeCloseTo(5, 3);
    });
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the speed %d', (speed) => {
    expect(() => scaledClock(speed)).toThrow(RangeError);
  });
});
