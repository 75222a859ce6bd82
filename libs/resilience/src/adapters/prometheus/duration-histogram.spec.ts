import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { DurationHistogram, percentileHistogramBuckets } from './duration-histogram.ts';

const name = 'calls_seconds';
const help = 'Duration of calls.';
const bounds = [0.001, 0.01, 0.1, 1];
const labels = { name: 'customer', kind: 'successful' };

/** The output of this histogram and of prom-client's own for the same durations. */
async function both(seconds: readonly number[]): Promise<[string, string]> {
  const [ours, theirs] = [new Registry(), new Registry()];
  const histogram = new DurationHistogram(name, help, bounds);
  ours.registerMetric(histogram.asMetric());
  const series = histogram.addSeries(labels);
  const reference = new Histogram({
    name,
    help,
    buckets: bounds,
    labelNames: ['name', 'kind'],
    registers: [theirs],
  });
  reference.zero(labels);
  for (const each of seconds) {
    series.record(each);
    reference.observe(labels, each);
  }
  return [await ours.metrics(), await theirs.metrics()];
}

describe('DurationHistogram', () => {
  it('exports zeros before the first value, as prom-client does', async () => {
    const [ours, theirs] = await both([]);

    expect(ours).toBe(theirs);
    expect(ours).toContain('calls_seconds_bucket{le="+Inf",name="customer",kind="successful"} 0');
  });

  it('exports the same as prom-client for any durations, including those equal to a bound', async () => {
    const duration = fc.oneof(fc.constantFrom(0, ...bounds), fc.double({ min: 0, max: 2, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(fc.array(duration, { maxLength: 50 }), async (seconds) => {
        const [ours, theirs] = await both(seconds);

        expect(ours).toBe(theirs);
      }),
    );
  });

  it('exports no removed series, and zeros after the registry was reset', async () => {
    const registry = new Registry();
    const histogram = new DurationHistogram(name, help, bounds);
    registry.registerMetric(histogram.asMetric());
    const [kept, removed] = [histogram.addSeries({ name: 'kept' }), histogram.addSeries({ name: 'removed' })];
    kept.record(0.5);
    removed.record(0.5);

    removed.remove();
    expect(await registry.metrics()).not.toContain('removed');
    expect(await registry.metrics()).toContain('calls_seconds_count{name="kept"} 1');

    registry.resetMetrics();
    expect(await registry.metrics()).toContain('calls_seconds_count{name="kept"} 0');
    expect(await registry.metrics()).toContain('calls_seconds_sum{name="kept"} 0');
  });
});

it("percentileHistogramBuckets are those of Micrometer's Prometheus registry", () => {
  // From a scrape of a Micrometer timer with publishPercentileHistogram().
  expect(percentileHistogramBuckets).toHaveLength(68);
  expect(percentileHistogramBuckets.slice(0, 13)).toStrictEqual([
    0.001, 0.001048576, 0.001398101, 0.001747626, 0.002097151, 0.002446676, 0.002796201, 0.003145726, 0.003495251,
    0.003844776, 0.004194304, 0.005592405, 0.006990506,
  ]);
  expect(percentileHistogramBuckets.slice(-12)).toStrictEqual([
    5.726623061, 7.158278826, 8.589934591, 10.021590356, 11.453246121, 12.884901886, 14.316557651, 15.748213416,
    17.179869184, 22.906492245, 28.633115306, 30,
  ]);
});

it('percentileHistogramBuckets are in ascending order', () => {
  expect([...percentileHistogramBuckets].sort((a, b) => a - b)).toStrictEqual(percentileHistogramBuckets);
});
