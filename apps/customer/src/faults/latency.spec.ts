import { describe, expect, it, vi } from 'vitest';
import { PacedClock } from './testing/paced-clock.ts';
import { Latency } from './latency.ts';

const never = new AbortController().signal;

function latencyWith(random: () => number) {
  const clock = new PacedClock();
  const struck = vi.fn();
  return { latency: new Latency(clock, random, struck), clock, struck };
}

async function waitOf({ latency, clock }: ReturnType<typeof latencyWith>): Promise<number> {
  const start = clock.now();
  const waiting = latency.wait(never).then(() => clock.now() - start);
  await clock.advance(10_000);
  return waiting;
}

describe('Latency', () => {
  it('waits as long as it says, from the next wait on', async () => {
    const subject = latencyWith(() => 0.3);

    subject.latency.set(2_000);
    const before = await waitOf(subject);
    subject.latency.set(50);

    expect([before, await waitOf(subject)]).toEqual([2_000, 50]);
  });

  it('draws from a distribution', async () => {
    const draws = [0, 0.5, 0.75];
    const subject = latencyWith(() => draws.shift() ?? 0);

    subject.latency.set({ p50: 100, max: 300 });

    expect([await waitOf(subject), await waitOf(subject), await waitOf(subject)]).toEqual([0, 100, 200]);
  });

  it('counts the requests that it holds up, and no others', async () => {
    const subject = latencyWith(() => 0.5);

    subject.latency.set(1);
    await waitOf(subject);
    subject.latency.set(null);
    await waitOf(subject);

    expect(subject.struck).toHaveBeenCalledTimes(1);
    expect(subject.latency.isActive).toBe(false);
  });
});
