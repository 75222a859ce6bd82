import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../core/policies.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { bindToPrometheus } from './bind-to-prometheus.ts';

function setUp(maxPartitionLabels: number) {
  const clock = new FakeClock();
  const registry = createRegistry('circuitBreaker', {}, { clock });
  const prometheus = new Registry();
  bindToPrometheus({ circuitBreaker: registry }, prometheus, { clock, callDurationBuckets: [], maxPartitionLabels });
  /** The values of a metric by the label `partition`, ranked again. */
  const scrape = async (metric: string, own = ''): Promise<Readonly<Record<string, number>>> => {
    clock.advance(5_000);
    await prometheus.metrics();
    const lines = (await prometheus.metrics()).split('\n').filter((line) => line.startsWith(`${metric}{`));
    const values = lines
      .filter((line) => line.includes(own))
      .map((line) => [/partition="([^"]*)"/.exec(line)?.[1] ?? '', Number(line.split(' ').at(-1))] as const);
    return Object.fromEntries(values);
  };
  return { registry, scrape, prometheus };
}

const succeeded = 'resilience4j_circuitbreaker_calls_seconds_count';
const refused = 'resilience4j_circuitbreaker_not_permitted_calls_total';

describe('The metrics of partitions', () => {
  it('have the name that is partitioned and the key as labels', async () => {
    const { registry, prometheus } = setUp(10);
    registry.getOrCreate('customer');
    registry.partition('customer', 'a');

    const text = await prometheus.metrics();

    expect(text).toContain('resilience4j_circuitbreaker_state{name="customer",state="closed"} 1');
    expect(text).toContain('resilience4j_circuitbreaker_state{name="customer",partition="a",state="closed"} 1');
  });

  it('have series of their own for the partitions with the most calls, and one series for all others', async () => {
    const { registry, scrape } = setUp(2);
    for (const [key, calls] of [
      ['a', 1],
      ['b', 3],
      ['c', 2],
      ['d', 4],
    ] as const) {
      const breaker = registry.partition('customer', key);
      for (let call = 0; call < calls; call++) await breaker.execute(() => 'ok');
    }

    // The calls before c and d were ranked are those of the others.
    expect(Object.keys(await scrape(succeeded, 'successful')).toSorted()).toStrictEqual(['b', 'd', 'other']);
    await registry.partition('customer', 'd').execute(() => 'ok');
    await registry.partition('customer', 'a').execute(() => 'ok');

    expect(await scrape(succeeded, 'successful')).toStrictEqual({ b: 3, d: 1, other: 7 });
    expect(await scrape('resilience4j_circuitbreaker_buffered_calls', 'successful')).toStrictEqual({
      b: 3,
      d: 5,
      other: 4,
    });
  });

  it('show for the others the worst state and the sum of calls', async () => {
    const { registry, scrape } = setUp(0);
    registry.partition('customer', 'a').onSuccess(1);
    registry.partition('customer', 'b').onError(1, new Error('outage'));
    registry.partition('customer', 'c').transitionToOpenState();

    expect(await scrape('resilience4j_circuitbreaker_state', '"open"')).toStrictEqual({ other: 1 });
    expect(await scrape('resilience4j_circuitbreaker_buffered_calls', 'failed')).toStrictEqual({ other: 1 });
  });

  it('never give a series of its own to the partition that further keys share', async () => {
    const { registry, scrape } = setUp(1);
    const shared = registry.partition('customer', 'other');
    for (let call = 0; call < 9; call++) await shared.execute(() => 'ok');
    registry.partition('customer', 'a');

    expect(await scrape(succeeded, 'successful')).toStrictEqual({ other: 9, a: 0 });
  });

  it('keep the series of a partition until another one has more calls', async () => {
    const { registry, scrape } = setUp(1);
    const [a, b] = [registry.partition('customer', 'a'), registry.partition('customer', 'b')];
    const labels = async () => Object.keys(await scrape(succeeded, 'successful')).toSorted();

    await b.execute(() => 'ok');
    expect(await labels()).toStrictEqual(['b', 'other']);
    await a.execute(() => 'ok');
    expect(await labels()).toStrictEqual(['b', 'other']);
    await a.execute(() => 'ok');

    expect(await labels()).toStrictEqual(['a', 'other']);
  });

  it('refuse a number of labels that is none', () => {
    expect(() => setUp(-1)).toThrow(/maxPartitionLabels is -1; allowed: a whole number from 0 to 1000/);
  });

  it('have at most the maximum of labels, and counters that never fall, in any sequence of calls', async () => {
    const step = fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 4 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.array(step, { maxLength: 25 }), async (most, steps) => {
        const { registry, scrape } = setUp(most);
        let before: Readonly<Record<string, number>> = {};
        let total = 0;
        for (const [tenant, calls, isScraped] of steps) {
          const breaker = registry.partition('customer', `tenant-${tenant}`);
          breaker.transitionToForcedOpenState();
          breaker.transitionToOpenState();
          for (let call = 0; call < calls; call++) breaker.tryAcquirePermission();
          total += calls;
          breaker.transitionToClosedState();
          if (!isScraped) continue;
          const values = await scrape(refused);
          expect(Object.keys(values).length).toBeLessThanOrEqual(most + 1);
          for (const [label, value] of Object.entries(before)) {
            if (label in values) expect(values[label]).toBeGreaterThanOrEqual(value);
          }
          const sum = Object.values(values).reduce((all, value) => all + value, 0);
          expect(sum).toBeLessThanOrEqual(total);
          before = values;
        }
      }),
      { numRuns: 50 },
    );
  });
});
