import { describe, expect, it } from 'vitest';
import { DemoTime, type Timer } from './demo-time.ts';

/** Time that passes only by sleeping, and the first time a little less than the sleeper is told. */
class HastyTimer implements Timer {
  readonly slept: number[] = [];
  #now = 0;

  constructor(readonly earlyMs = 0) {}

  now(): number {
    return this.#now;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.slept.push(ms);
    this.#now += ms - (this.slept.length === 1 ? this.earlyMs : 0);
  }
}

const never = new AbortController().signal;

describe('DemoTime', () => {
  it.each([
    { ms: 2_000, scale: 1, real: 2_000 },
    { ms: 2_000, scale: 5, real: 400 },
    { ms: 2_000, scale: 3, real: 667 },
    { ms: 1, scale: 100, real: 1 },
  ])('waits $real ms for $ms ms when it runs $scale times faster', async ({ ms, scale, real }) => {
    const timer = new HastyTimer();

    await new DemoTime(scale, timer).wait(ms, never);

    expect(timer.slept).toEqual([real]);
  });

  it('waits for the rest when a timer fires early', async () => {
    const timer = new HastyTimer(0.7);

    await new DemoTime(1, timer).wait(100, never);

    expect(timer.slept).toEqual([100, 1]);
    expect(timer.now()).toBeGreaterThanOrEqual(100);
  });

  it('does not wait at all for nothing', async () => {
    const timer = new HastyTimer();

    await new DemoTime(1, timer).wait(0, never);

    expect(timer.slept).toEqual([]);
  });

  it('stops waiting with the reason of the abort', async () => {
    const controller = new AbortController();
    const reason = new Error('the client is gone');

    const waiting = new DemoTime(1).wait(60_000, controller.signal);
    controller.abort(reason);

    await expect(waiting).rejects.toBe(reason);
  });
});
