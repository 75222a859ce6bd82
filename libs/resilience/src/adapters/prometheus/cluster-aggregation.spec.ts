import { AggregatorRegistry, Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Aggregator, Meter, ReadMeter } from '../../core/observability.ts';
import { createRegistry, policies } from '../../core/policies.ts';
import type { NamedInstance } from '../../core/policy-definition.ts';
import { bindFindings } from './bind-findings.ts';
import { bindToPrometheus } from './bind-to-prometheus.ts';

const meters: readonly Meter<NamedInstance>[] = policies.flatMap(({ meters: ofKind = [] }) => [...ofKind]);
const readMeters = meters.filter((meter): meter is ReadMeter<NamedInstance> => 'read' in meter);

/** The metrics of workers as prom-client's AggregatorRegistry exports them: the values by series. */
async function aggregated(workers: readonly Registry[]): Promise<ReadonlyMap<string, number>> {
  // As in a cluster, where metrics are sent as messages.
  const messages = await Promise.all(workers.map(async (worker) => JSON.stringify(await worker.getMetricsAsJSON())));
  const text = await AggregatorRegistry.aggregate(messages.map((message) => JSON.parse(message) as object[])).metrics();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

const combine: Readonly<Record<Aggregator, (values: readonly [number, number]) => number | undefined>> = {
  sum: ([a, b]) => a + b,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  average: ([a, b]) => (a + b) / 2,
  first: ([a]) => a,
  omit: () => undefined,
};

describe('metrics of a cluster of workers (prom-client#418)', () => {
  it('show the state and the highest rates of a circuit breaker, and the sums of its calls', async () => {
    const workers = [10, 90, 90, 90].map((failures) => {
      const circuitBreaker = createRegistry('circuitBreaker', { configs: { default: { slidingWindowSize: 100 } } });
      const customer = circuitBreaker.getOrCreate('customer');
      for (let call = 0; call < 100; call++) {
        if (call < failures) customer.onError(1, new Error('down'));
        else customer.onSuccess(1);
      }
      const worker = new Registry();
      bindToPrometheus({ circuitBreaker }, worker, { callDurationBuckets: [] });
      return worker;
    });

    const series = await aggregated(workers);

    const valueOf = (name: string) => series.get(`resilience4j_circuitbreaker_${name}`);
    expect(valueOf('failure_rate{name="customer"}')).toBe(90);
    expect(valueOf('slow_call_rate{name="customer"}')).toBe(0);
    expect(valueOf('state{name="customer",state="open"}')).toBe(1);
    expect(valueOf('state{name="customer",state="closed"}')).toBe(1);
    expect(valueOf('state{name="customer",state="half_open"}')).toBe(0);
    expect(valueOf('buffered_calls{name="customer",kind="failed"}')).toBe(280);
    expect(valueOf('max_buffered_calls{name="customer"}')).toBe(400);
  });

  it.each(readMeters.filter(({ type }) => type === 'gauge'))('have a chosen aggregator: $name', (meter) => {
    expect(meter).toHaveProperty('aggregator');
  });

  it.each(meters.filter(({ name }) => /(_rate|_percentage|_state|_seconds)$/.test(name)))(
    'do not add what is no quantity: $name',
    (meter) => {
      if (meter.type === 'gauge') expect(meter.aggregator).not.toBe('sum');
      else expect(meter.type).toBe('durations');
    },
  );

  it.each(readMeters)('combine the values of two workers: $name', async (meter) => {
    const { type, name, labels = [], aggregator = type === 'counter' ? 'sum' : 'max' } = meter;
    const own = Object.fromEntries(labels.map((label) => [label, 'a']));
    const values = [3, 40] as const;
    const workers = values.map((value) => {
      const instances = createRegistry('bulkhead');
      instances.getOrCreate('customer');
      const worker = new Registry();
      const read = () => [[value, own] as const];
      const table = [{ ...policies.find(({ kind }) => kind === 'bulkhead')!, meters: [{ ...meter, read }] }];
      bindToPrometheus({ bulkhead: instances }, worker, { policies: table });
      return worker;
    });

    const combined = [...(await aggregated(workers))].find(([series]) => series.startsWith(`${name}{`));

    expect(combined?.[1]).toBe(combine[aggregator](values));
  });

  it('show the longest call of all workers, and add the histograms', async () => {
    const workers = [100, 2_000].map((durationMs) => {
      const circuitBreaker = createRegistry('circuitBreaker');
      const customer = circuitBreaker.getOrCreate('customer');
      const worker = new Registry();
      bindToPrometheus({ circuitBreaker }, worker, { callDurationBuckets: [1] });
      customer.onSuccess(durationMs);
      return worker;
    });

    const series = await aggregated(workers);

    const name = 'resilience4j_circuitbreaker_calls_seconds';
    expect(series.get(`${name}_max{name="customer",kind="successful"}`)).toBe(2);
    expect(series.get(`${name}_sum{name="customer",kind="successful"}`)).toBe(2.1);
    expect(series.get(`${name}_count{name="customer",kind="successful"}`)).toBe(2);
    expect(series.get(`${name}_bucket{le="1",name="customer",kind="successful"}`)).toBe(1);
  });

  it('show a finding of the doctor once', async () => {
    const workers = [0, 1].map(() => {
      const worker = new Registry();
      bindFindings(() => [{ instance: 'customer', code: 'minimum-never-reached', severity: 'error' }], worker);
      return worker;
    });

    expect([...(await aggregated(workers)).values()]).toStrictEqual([1]);
  });

  it('are added by prom-client unless a gauge has an aggregator, which is why each has one', async () => {
    const workers = [0, 1].map(() => {
      const worker = new Registry();
      new Gauge({ name: 'rate', help: 'A rate.', registers: [worker] }).set(90);
      return worker;
    });

    expect((await aggregated(workers)).get('rate')).toBe(180);
  });
});
