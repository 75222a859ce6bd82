import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { scaledClock, systemClock, wait } from './clock.ts';

describe('The system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('reads milliseconds since the Unix epoch', () => {
    vi.useRealTimers();

    // The system clock itself is ahead where another spec file of this process moved faked time forward.
    expect(Math.abs(scaledClock(1).now() - Date.now())).toBeLessThan(60_000);
  });

  it('calls back when the delay has passed, and not before', () => {
    const callback = vi.fn<() => void>();
    systemClock.schedule(100, callback);

    vi.advanceTimersByTime(99);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('does not call back after it was cancelled', () => {
    const callback = vi.fn<() => void>();
    const cancel = systemClock.schedule(100, callback);

    cancel();
    cancel();
    vi.advanceTimersByTime(1_000);

    expect(callback).not.toHaveBeenCalled();
  });

  it('fires delays that are longer than setTimeout accepts', () => {
    const fortyDaysMs = 40 * 86_400_000;
    const callback = vi.fn<() => void>();
    systemClock.schedule(fortyDaysMs, callback);

    vi.advanceTimersByTime(fortyDaysMs - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('runs faster by the factor speed, in readings and delays', () => {
    const clock = scaledClock(5);
    const callback = vi.fn<() => void>();
    const before = clock.now();
    clock.schedule(2_000, callback);

    vi.advanceTimersByTime(400);

    expect(clock.now() - before).toBeCloseTo(2_000, 6);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('measures a blocking call that follows thousands of quick calls in the same turn', async () => {
    const breaker = new CircuitBreaker('customer');
    const durations: number[] = [];
    for (let call = 0; call < 3_000; call++) await breaker.execute(() => 'quick');
    breaker.on('SUCCESS', ({ elapsedDurationMs }) => durations.push(elapsedDurationMs));

    await breaker.execute(() => void vi.advanceTimersByTime(400));

    expect(durations).toStrictEqual([expect.closeTo(400, 3)]);
  });

  it('follows the fake timers of a test framework, also after thousands of readings', () => {
    vi.useRealTimers();
    vi.useFakeTimers();
    const readings = Array.from({ length: 3_000 }, () => systemClock.now());

    vi.advanceTimersByTime(7);

    expect(systemClock.now() - readings[0]!).toBeCloseTo(7, 3);
    expect(systemClock.now() - readings.at(-1)!).toBeCloseTo(7, 3);
  });

  it('never runs backwards', () => {
    vi.useRealTimers();
    const readings = Array.from({ length: 1_000 }, () => systemClock.now());

    expect(readings).toStrictEqual(readings.toSorted((a, b) => a - b));
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('rejects the speed %d', (speed) => {
    expect(() => scaledClock(speed)).toThrow(RangeError);
    expect(() => scaledClock(speed)).toThrow(
      `The speed of a clock must be a finite number above 0, but ${speed} was given.`,
    );
  });

  it('starts at the reading of the wall clock, however long the process has run and however fast it is', () => {
    vi.useRealTimers();
    const { timeOrigin } = performance;
    vi.useFakeTimers({ toFake: ['performance'] });
    vi.advanceTimersByTime(3_600_000);
    const clock = scaledClock(5);

    expect(clock.now() - timeOrigin).toBeCloseTo(3_600_000, 0);
    vi.advanceTimersByTime(10);
    expect(clock.now() - timeOrigin).toBeCloseTo(3_600_050, 0);
  });

  it('continues where it was when the readings of the platform start again at 0', () => {
    vi.useRealTimers();
    const clock = scaledClock(5);
    for (let round = 0; round < 2; round++) {
      const before = clock.now();
      vi.useFakeTimers({ toFake: ['performance'] });
      vi.advanceTimersByTime(30);
      const after = clock.now();
      vi.advanceTimersByTime(20);

      expect(after - before).toBeCloseTo(0, 3);
      expect(clock.now() - after).toBeCloseTo(100, 3);
      vi.useRealTimers();
    }
  });

  it('fires the longest delay of setTimeout when it has passed, and not later', () => {
    const callback = vi.fn<() => void>();
    systemClock.schedule(2 ** 31 - 1, callback);

    vi.advanceTimersByTime(2 ** 31 - 2);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('does not call back after a delay of which a part had passed was cancelled', () => {
    const callback = vi.fn<() => void>();
    const cancel = systemClock.schedule(2 ** 32, callback);

    vi.advanceTimersByTime(2 ** 31);
    cancel();
    vi.advanceTimersByTime(2 ** 33);

    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [100, undefined, 1],
    [100, { background: false }, 1],
    [100, { background: true }, 0],
    [2 ** 40, { background: true }, 0],
  ])('keeps the process alive for a delay of %d ms unless it is background work: %j', (delayMs, options, alive) => {
    vi.useRealTimers();
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();

    const cancel = systemClock.schedule(delayMs, () => {}, options);
    const during = timers();
    cancel();

    expect(during - before).toBe(alive);
  });

  it('schedules background work where timers are numbers, as in browsers', () => {
    vi.stubGlobal('setTimeout', () => 7);

    const cancel = systemClock.schedule(100, () => {}, { background: true });
    vi.unstubAllGlobals();

    expect(cancel).not.toThrow();
  });
});

describe('wait', () => {
  it.each([0, -1])('ignores a wait of %d ms, unless the signal is aborted', async (durationMs) => {
    const clock = new FakeClock();

    await expect(wait(clock, durationMs, AbortSignal.abort('aborted'))).rejects.toBe('aborted');
    await wait(clock, durationMs);

    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['has passed', (clock: FakeClock) => clock.advance(100)],
    ['is aborted', (_clock: FakeClock, controller: AbortController) => controller.abort('aborted')],
  ])('leaves no listener on the signal when it %s', async (_how, end) => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const settled = wait(clock, 100, controller.signal).catch(() => {});
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);

    end(clock, controller);
    await settled;

    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('resolves when the time has passed on the clock', async () => {
    const clock = new FakeClock();
    let hasResolved = false;
    const waiting = wait(clock, 100).then(() => (hasResolved = true));

    clock.advance(99);
    await Promise.resolve();
    expect(hasResolved).toBe(false);
    clock.advance(1);
    await waiting;

    expect(hasResolved).toBe(true);
  });

  it('sets no timer for a wait of 0 ms', async () => {
    const clock = new FakeClock();

    const waiting = wait(clock, 0);

    expect(clock.pendingTimers).toBe(0);
    await expect(waiting).resolves.toBeUndefined();
  });

  it('rejects with the reason of an abort and leaves no timer', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const waiting = wait(clock, 100, controller.signal);

    controller.abort('aborted');

    await expect(waiting).rejects.toBe('aborted');
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects without a timer when the signal is already aborted', async () => {
    const clock = new FakeClock();

    await expect(wait(clock, 100, AbortSignal.abort('aborted'))).rejects.toBe('aborted');

    expect(clock.pendingTimers).toBe(0);
  });
});
