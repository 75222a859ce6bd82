import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { DurationHistogram } from './duration-histogram.ts';

const name = 'calls_seconds';
const help = 'How long calls took.';
const bounds = [0.001, 0.01, 0.1, 1];
const labels = { name: 'customer', kind: 'successful' };

/** The same observations by ours and by prom-client's own, as Prometheus reads them. */
async function both(seconds: readonly number[]): Promise<[string, string]> {
  const [ours, theirs] = [new Registry(), new Registry()];
  const histogram = new DurationHistogram(name, help, bounds);
  ours.registerMetric(histogram.asMetric());
  const series = histogram.begin(labels);
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
  it('shows nothing but zeros before anything is recorded, as prom-client does', async () => {
    const [ours, theirs] = await both([]);

    expect(ours).toBe(theirs);
    expect(ours).toContain('calls_seconds_bucket{le="+Inf",name="customer",kind="successful"} 0');
  });

  it('shows what prom-client would, whatever was recorded, bounds themselves included', async () => {
    const duration = fc.oneof(fc.constantFrom(0, ...bounds), fc.double({ min: 0, max: 2, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(fc.array(duration, { maxLength: 50 }), async (seconds) => {
        const [ours, theirs] = await both(seconds);

        expect(ours).toBe(theirs);
      }),
    );
  });

  it('no longer shows a series that has ended, and begins anew when a registry is reset', async () => {
    const registry = new Registry();
    const histogram = new DurationHistogram(name, help, bounds);
    registry.registerMetric(histogram.asMetric());
    const [kept, ended] = [histogram.begin({ name: 'kept' }), histogram.begin({ name: 'ended' })];
    kept.record(0.5);
    ended.record(0.5);

    ended.end();
    expect(await registry.metrics()).not.toContain('ended');
    expect(await registry.metrics()).toContain('calls_seconds_count{name="kept"} 1');

    registry.resetMetrics();
    expect(await registry.metrics()).toContain('calls_seconds_count{name="kept"} 0');
    expect(await registry.metrics()).toContain('calls_seconds_sum{name="kept"} 0');
  });
});
