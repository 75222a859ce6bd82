import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { wait } from './wait.ts';

describe('wait', () => {
  it('ends when the time has passed on the clock', async () => {
    const clock = new FakeClock();
    let isOver = false;
    const waiting = wait(clock, 100).then(() => (isOver = true));

    clock.advance(99);
    await Promise.resolve();
    expect(isOver).toBe(false);
    clock.advance(1);
    await waiting;

    expect(isOver).toBe(true);
  });

  it('needs no timer when there is nothing to wait for', async () => {
    const clock = new FakeClock();

    const waiting = wait(clock, 0);

    expect(clock.pendingTimers).toBe(0);
    await expect(waiting).resolves.toBeUndefined();
  });

  it('ends at once with the reason of an abort, and leaves no timer', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const waiting = wait(clock, 100, controller.signal);

    controller.abort('given up');

    await expect(waiting).rejects.toBe('given up');
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not begin when it is aborted already', async () => {
    const clock = new FakeClock();

    await expect(wait(clock, 100, AbortSignal.abort('given up'))).rejects.toBe('given up');

    expect(clock.pendingTimers).toBe(0);
  });
});
