import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Faults } from './faults.ts';
import { LatencyDistribution, type Percentiles } from './latency.ts';
import { PacedClock, seededRandom } from './testing/deterministic.ts';

const percentiles = fc
  .array(fc.integer({ min: 0, max: 300_000 }), { minLength: 8, maxLength: 8 })
  .map((durations) => durations.sort((one, other) => one - other))
  .chain(([min, p50 = 0, p75, p90, p95, p99, p999, max = 0]) =>
    fc
      .record({ min: fc.constant(min), p75: fc.constant(p75), p90: fc.constant(p90) }, { requiredKeys: [] })
      .map((some): Percentiles => ({ ...some, p50, p95, p99, p999, max })),
  );

const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('LatencyDistribution', () => {
  it('never has a shorter duration for a larger share of responses', () => {
    fc.assert(
      fc.property(percentiles, share, share, (given, one, other) => {
        const distribution = new LatencyDistribution(given);
        const [smaller, larger] = [Math.min(one, other), Math.max(one, other)];
        // Interpolation rounds.
        expect(distribution.quantile(smaller)).toBeLessThanOrEqual(distribution.quantile(larger) + 1e-6);
      }),
    );
  });

  it('meets every given percentile, and stays between the minimum and the maximum', () => {
    fc.assert(
      fc.property(percentiles, share, (given, share) => {
        const distribution = new LatencyDistribution(given);
        expect(distribution.quantile(0)).toBe(given.min ?? 0);
        expect(distribution.quantile(0.5)).toBeCloseTo(given.p50, 6);
        expect(distribution.quantile(0.99)).toBeCloseTo(given.p99 ?? Number.NaN, 6);
        expect(distribution.quantile(1)).toBeCloseTo(given.max, 6);
        expect(distribution.quantile(share)).toBeGreaterThanOrEqual((given.min ?? 0) - 1e-6);
        expect(distribution.quantile(share)).toBeLessThanOrEqual(given.max + 1e-6);
      }),
    );
  });

  it('is linear between two percentiles', () => {
    const distribution = new LatencyDistribution({ p50: 20, p90: 100, max: 300 });

    expect([0.25, 0.7, 0.95].map((share) => Math.round(distribution.quantile(share)))).toEqual([10, 60, 200]);
  });

  it.each([
    { share: 0.5, ms: 20 },
    { share: 0.9, ms: 80 },
    { share: 0.99, ms: 1_000 },
  ])('keeps $share of many draws at or below $ms ms', ({ share, ms }) => {
    const distribution = new LatencyDistribution({ p50: 20, p90: 80, p99: 1_000, max: 3_000 });
    const random = seededRandom(1);

    const draws = Array.from({ length: 20_000 }, () => distribution.quantile(random()));

    expect(draws.filter((drawn) => drawn <= ms).length / draws.length).toBeCloseTo(share, 2);
  });
});

describe('the fault latency', () => {
  function latencyWith(random: () => number) {
    const clock = new PacedClock();
    const faults = new Faults(clock, random);
    return { clock, faults };
  }

  async function durationOf({ clock, faults }: ReturnType<typeof latencyWith>): Promise<number> {
    const exchange = { reply: {} as never, signal: new AbortController().signal };
    const start = clock.now();
    const duration = faults.apply(exchange, async () => {}).then(() => clock.now() - start);
    await clock.advance(10_000);
    return duration;
  }

  it('delays requests by the latency that is set when they arrive', async () => {
    const subject = latencyWith(() => 0.3);

    subject.faults.change({ latency: 2_000 }, 'a test');
    const before = await durationOf(subject);
    subject.faults.change({ latency: 50 }, 'a test');

    expect([before, await durationOf(subject)]).toEqual([2_000, 50]);
  });

  it('draws from a distribution', async () => {
    let share = 0;
    const subject = latencyWith(() => share);
    const durations: number[] = [];

    subject.faults.change({ latency: { p50: 100, max: 300 } }, 'a test');
    for (share of [0, 0.5, 0.75]) durations.push(await durationOf(subject));

    expect(durations).toEqual([0, 100, 200]);
  });

  it('counts the requests that it delays, and no others', async () => {
    const subject = latencyWith(() => 0.5);

    subject.faults.change({ latency: 1 }, 'a test');
    await durationOf(subject);
    subject.faults.change({ latency: null }, 'a test');
    await durationOf(subject);

    expect(subject.faults.affected('latency')).toBe(1);
    expect(subject.faults.active).toEqual([]);
  });
});
