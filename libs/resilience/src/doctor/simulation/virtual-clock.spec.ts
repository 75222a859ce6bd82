import { describe, expect, it } from 'vitest';
import { wait } from '../../core/wait.ts';
import { VirtualClock } from './virtual-clock.ts';

describe('A virtual clock', () => {
  it('runs through hours in the order of due times, and lets promises take their turns in between', async () => {
    const clock = new VirtualClock(1_000);
    const told: string[] = [];
    const walk = async (name: string, stepMs: number) => {
      for (let step = 1; step <= 2; step++) {
        await wait(clock, stepMs);
        told.push(`${name}${step} at ${clock.now()}`);
      }
    };

    await clock.run(Promise.all([walk('a', 3_600_000), walk('b', 1_900_000)]));

    expect(told).toEqual(['b1 at 1901000', 'a1 at 3601000', 'b2 at 3801000', 'a2 at 7201000']);
  });

  it('fires what is due together in the order in which it was scheduled', async () => {
    const clock = new VirtualClock(0);
    const told: string[] = [];

    for (const [name, delayMs] of [
      ['a', 5],
      ['b', 7],
      ['c', 5],
      ['d', 3],
      ['e', 5],
    ] as const) {
      clock.schedule(delayMs, () => told.push(name));
    }
    await clock.run(wait(clock, 10));

    expect(told.join('')).toBe('daceb');
  });

  it('fires what was cancelled not at all', async () => {
    const clock = new VirtualClock(0);
    let fired = false;

    clock.schedule(10, () => (fired = true))();
    await clock.run(wait(clock, 20));

    expect(fired).toBe(false);
  });

  it('returns what the work returns, and throws what it throws', async () => {
    const clock = new VirtualClock(0);

    await expect(clock.run(wait(clock, 5).then(() => 'done'))).resolves.toBe('done');
    await expect(clock.run(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('says so when the work waits for what never comes', async () => {
    await expect(new VirtualClock(0).run(new Promise(() => {}))).rejects.toThrow('Nothing is scheduled any more');
  });
});
