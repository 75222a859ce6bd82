import { systemClock } from '@breakwater/resilience';
import { describe, expect, it } from 'vitest';
import { PacedClock } from './testing/deterministic.ts';
import { wait } from './wait.ts';

const never = new AbortController().signal;

/** How long the wait takes, in real milliseconds. */
async function realMsOf(clock: PacedClock, ms: number): Promise<number> {
  let realMs: number | undefined;
  void wait(clock, ms, never).then(() => (realMs = clock.now() / clock.speed));
  await clock.advance(10_000);
  return realMs ?? Number.NaN;
}

describe('wait', () => {
  it.each([
    { ms: 2_000, speed: 1, real: 2_000 },
    { ms: 2_000, speed: 5, real: 400 },
    { ms: 2_000, speed: 3, real: 667 },
    { ms: 1, speed: 100, real: 1 },
  ])('takes $real ms for $ms ms on a clock with speed $speed', async ({ ms, speed, real }) => {
    expect(await realMsOf(new PacedClock(speed), ms)).toBe(real);
  });

  it('waits for the rest when a timer fires early', async () => {
    const realMs = await realMsOf(new PacedClock(1, 0.7), 100);

    expect(realMs).toBeCloseTo(100.3);
    expect(realMs).toBeGreaterThanOrEqual(100);
  });

  it('returns without a timer when there is nothing to wait for', async () => {
    expect(await realMsOf(new PacedClock(), 0)).toBe(0);
  });

  it('rejects with the reason of the abort', async () => {
    const controller = new AbortController();
    const reason = new Error('the client is gone');

    const waiting = wait(systemClock, 60_000, controller.signal);
    controller.abort(reason);

    await expect(waiting).rejects.toBe(reason);
  });
});
