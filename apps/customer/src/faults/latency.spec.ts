import { describe, expect, it } from 'vitest';
import { Latency, type Timer } from './latency.ts';

/** Time that passes only by sleeping, and then as much as the sleeper is told. */
class FakeTimer implements Timer {
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

describe('Latency', () => {
  it('waits as long as it says', async () => {
    const timer = new FakeTimer();

    await new Latency(2_000, 1, timer).wait(never);

    expect(timer.slept).toEqual([2_000]);
  });

  it.each([
    { ms: 2_000, timeScale: 5, real: 400 },
    { ms: 2_000, timeScale: 3, real: 667 },
    { ms: 1, timeScale: 100, real: 1 },
  ])('waits $real ms for $ms ms when time runs $timeScale times faster', async ({ ms, timeScale, real }) => {
    const timer = new FakeTimer();

    await new Latency(ms, timeScale, timer).wait(never);

    expect(timer.slept).toEqual([real]);
  });

  it('waits for the rest when a timer fires early', async () => {
    const timer = new FakeTimer(0.7);

    await new Latency(100, 1, timer).wait(never);

    expect(timer.slept).toEqual([100, 1]);
    expect(timer.now()).toBeGreaterThanOrEqual(100);
  });

  it('does not wait at all when there is none', async () => {
    const timer = new FakeTimer();

    await new Latency(0, 1, timer).wait(never);

    expect(timer.slept).toEqual([]);
  });

  it('takes a new value from the next wait on', async () => {
    const timer = new FakeTimer();
    const latency = new Latency(2_000, 1, timer);

    latency.set(50);
    await latency.wait(never);

    expect(latency.ms).toBe(50);
    expect(timer.slept).toEqual([50]);
  });

  it('stops waiting with the reason of the abort', async () => {
    const controller = new AbortController();
    const reason = new Error('the client is gone');

    const waiting = new Latency(60_000, 1).wait(controller.signal);
    controller.abort(reason);

    await expect(waiting).rejects.toBe(reason);
  });
});
