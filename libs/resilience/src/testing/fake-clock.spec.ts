import { afterEach, describe, expect, it, vi } from 'vitest';
import { wait } from '../core/clock.ts';
import { Retry } from '../core/retry/retry.ts';
import { FakeClock } from './fake-clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('FakeClock.advanceAsync', () => {
  it('advances over two waits of the same code, each from the end of the one before', async () => {
    const clock = new FakeClock(0);
    const endedAt: number[] = [];
    void (async () => {
      for (const durationMs of [10, 15]) {
        await wait(clock, durationMs);
        endedAt.push(clock.now());
      }
    })();

    await clock.advanceAsync(25);

    expect(endedAt).toStrictEqual([10, 25]);
    expect(clock.now()).toBe(25);
    expect(clock.pendingTimers).toBe(0);
  });

  it('advances over all waits of a retry, also while timers are faked', async () => {
    vi.useFakeTimers();
    const clock = new FakeClock();
    const retry = new Retry('customer', { maxAttempts: 4, waitDuration: 100 }, { clock });
    let attempts = 0;
    const settled = retry
      .execute(() => {
        attempts++;
        throw new Error('outage');
      })
      .catch(() => 'failed');

    await clock.advanceAsync(299);
    expect(attempts).toBe(3);
    await clock.advanceAsync(1);

    await expect(settled).resolves.toBe('failed');
    expect(attempts).toBe(4);
  });

  it('fires timers of several callers in the order in which they are due', async () => {
    const clock = new FakeClock(0);
    const fired: string[] = [];
    const waits = async (name: string, durations: readonly number[]) => {
      for (const durationMs of durations) {
        await wait(clock, durationMs);
        fired.push(`${name} at ${clock.now()}`);
      }
    };
    void waits('a', [10, 10, 10]);
    void waits('b', [15, 10]);

    await clock.advanceAsync(1_000);

    expect(fired).toStrictEqual(['a at 10', 'b at 15', 'a at 20', 'b at 25', 'a at 30']);
    expect(clock.now()).toBe(1_000);
  });
});

describe('FakeClock', () => {
  it.each([-1, Number.NaN, undefined as never])(
    'refuses to advance by %s and stays where it is',
    async (durationMs) => {
      const clock = new FakeClock(5);

      expect(() => clock.advance(durationMs)).toThrow(RangeError);
      expect(() => clock.advanceTo(durationMs)).toThrow(RangeError);
      await expect(clock.advanceAsync(durationMs)).rejects.toThrow(RangeError);

      expect(clock.now()).toBe(5);
    },
  );

  const noNumbers = [Number.NaN, undefined, null, '5', {}, true] as never[];

  it.each([...noNumbers.filter((each) => each !== undefined), Number.POSITIVE_INFINITY])(
    'refuses to start at %s',
    (startAt) => {
      expect(() => new FakeClock(startAt)).toThrow(
        new RangeError(`startAt must be a finite number, but ${String(startAt)} was given.`),
      );
    },
  );

  it.each(noNumbers)('refuses the delay %s, whose timer would never fire', (delayMs) => {
    const clock = new FakeClock();

    expect(() => clock.schedule(delayMs, () => {})).toThrow(
      new RangeError(`delayMs must be a number, but ${String(delayMs)} was given.`),
    );
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([...noNumbers, Number.POSITIVE_INFINITY])('refuses to advance by or to %s', async (given) => {
    const clock = new FakeClock(5);
    const refusal = (name: string) =>
      new RangeError(`${name} must be a finite number, but ${String(given)} was given.`);

    expect(() => clock.advance(given)).toThrow(refusal('durationMs'));
    expect(() => clock.advanceTo(given)).toThrow(refusal('time'));
    await expect(clock.advanceAsync(given)).rejects.toThrow(refusal('durationMs'));
    expect(clock.now()).toBe(5);
  });
});
