import { describe, expect, it } from 'vitest';
import { wait } from '../../core/clock.ts';
import { afterReactions, VirtualClock } from './virtual-clock.ts';

describe('VirtualClock', () => {
  it('fires timers in the order of their due times, and completes promises in between', async () => {
    const clock = new VirtualClock(1_000);
    const log: string[] = [];
    const walk = async (name: string, stepMs: number) => {
      for (let step = 1; step <= 2; step++) {
        await wait(clock, stepMs);
        log.push(`${name}${step} at ${clock.now()}`);
      }
    };

    await clock.run(Promise.all([walk('a', 3_600_000), walk('b', 1_900_000)]));

    expect(log).toEqual(['b1 at 1901000', 'a1 at 3601000', 'b2 at 3801000', 'a2 at 7201000']);
  });

  it('fires timers that are due together in the order of scheduling', async () => {
    const clock = new VirtualClock(0);
    const log: string[] = [];

    for (const [name, delayMs] of [
      ['a', 5],
      ['b', 7],
      ['c', 5],
      ['d', 3],
      ['e', 5],
    ] as const) {
      clock.schedule(delayMs, () => log.push(name));
    }
    await clock.run(wait(clock, 10));

    expect(log.join('')).toBe('daceb');
  });

  it('completes chains of forty promises between two timers without a turn of the event loop', async () => {
    const clock = new VirtualClock(0, afterReactions);
    const log: string[] = [];
    const timer = (delayMs: number) => new Promise<void>((resolve) => void clock.schedule(delayMs, resolve));
    const chain = async (links: number): Promise<void> => {
      await (links === 0 ? timer(5) : chain(links - 1));
    };
    const both = Promise.all([
      chain(40).then(() => log.push(`chain at ${clock.now()}`)),
      timer(6).then(() => log.push(`timer at ${clock.now()}`)),
    ]);

    await clock.run(both);

    expect(log).toEqual(['chain at 5', 'timer at 6']);
  });

  it('does not fire cancelled timers', async () => {
    const clock = new VirtualClock(0);
    let fired = false;

    clock.schedule(10, () => (fired = true))();
    await clock.run(wait(clock, 20));

    expect(fired).toBe(false);
  });

  it('returns the result of the work, or throws its error', async () => {
    const clock = new VirtualClock(0);

    await expect(clock.run(wait(clock, 5).then(() => 'done'))).resolves.toBe('done');
    await expect(clock.run(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('rejects work that waits without a timer', async () => {
    await expect(new VirtualClock(0).run(new Promise(() => {}))).rejects.toThrow('No timer is scheduled');
  });

  it.each([Number.NaN, undefined as never])('refuses the delay %s, whose timer would never fire', (delayMs) => {
    expect(() => new VirtualClock(0).schedule(delayMs, () => {})).toThrow(
      new RangeError(`delayMs must be a number, but ${String(delayMs)} was given.`),
    );
  });
});
