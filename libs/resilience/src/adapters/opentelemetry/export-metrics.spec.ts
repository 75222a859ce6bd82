import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistries, policies } from '../../core/policies.ts';
import type { PolicyTable } from '../../core/policy-definition.ts';
import { exportMetrics } from './export-metrics.ts';

let exporter: InMemoryMetricExporter;
let provider: MeterProvider;

beforeEach(() => {
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  // Exports only when it is flushed.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
});

afterEach(async () => {
  metrics.disable();
  await provider.shutdown();
});

async function exported() {
  exporter.reset();
  await provider.forceFlush();
  const [latest] = exporter.getMetrics().slice(-1);
  return (latest?.scopeMetrics ?? []).flatMap(({ metrics: all }) => all);
}

async function valuesOf(name: string) {
  const metric = (await exported()).find(({ descriptor }) => descriptor.name === name);
  return (metric?.dataPoints ?? []).map(({ attributes, value }) => [attributes, value] as const);
}

describe('exportMetrics', () => {
  it('exports states, and durations in seconds, with the name as an attribute', async () => {
    const registries = createRegistries({ circuitBreaker: { instances: { customer: {} } } });
    exportMetrics(registries);
    const breaker = registries.circuitBreaker.getOrCreate('customer');
    await breaker.execute(() => 'value');
    await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => {});
    breaker.transitionToOpenState();

    const states = await valuesOf('circuitbreaker.state');
    expect(states).toContainEqual([{ 'circuitbreaker.name': 'customer', 'circuitbreaker.state': 'open' }, 1]);
    expect(states).toContainEqual([{ 'circuitbreaker.name': 'customer', 'circuitbreaker.state': 'closed' }, 0]);
    const metric = (await exported()).find(({ descriptor }) => descriptor.name === 'circuitbreaker.call.duration');
    expect(metric?.descriptor.unit).toBe('s');
    expect(await valuesOf('circuitbreaker.call.duration')).toContainEqual([
      { 'circuitbreaker.name': 'customer', 'circuitbreaker.kind': 'failed' },
      expect.objectContaining({ count: 1 }),
    ]);
  });

  it('counts events, from 0', async () => {
    const registries = createRegistries();
    exportMetrics(registries);
    const limiter = registries.timeLimiter.getOrCreate('customer');
    expect(await valuesOf('timelimiter.calls')).toContainEqual([
      { 'timelimiter.name': 'customer', 'timelimiter.kind': 'successful' },
      0,
    ]);

    await limiter.execute(() => 'value');

    expect(await valuesOf('timelimiter.calls')).toContainEqual([
      { 'timelimiter.name': 'customer', 'timelimiter.kind': 'successful' },
      1,
    ]);
  });

  it('has another name for each meter of the table, without vendor and unit', async () => {
    const created: string[] = [];
    const meter = metrics.getMeter('@breakwater/resilience');
    const proxied = new Proxy(meter, {
      get: (target, property: keyof typeof meter) =>
        property.startsWith('create')
          ? (name: string, options: object) => {
              created.push(name);
              return (target[property] as (name: string, options: object) => unknown).call(target, name, options);
            }
          : target[property],
    });
    metrics.disable();
    metrics.setGlobalMeterProvider({ getMeter: () => proxied });
    exportMetrics(createRegistries());

    expect(created).toHaveLength((policies as PolicyTable).flatMap(({ meters = [] }) => meters).length);
    expect(new Set(created).size).toBe(created.length);
    expect(
      created.filter((name) => !/^[a-z_]+\.[a-z_.]+$/.test(name) || /seconds|total|4j|breakwater/.test(name)),
    ).toEqual([]);
  });

  it('reads and counts nothing any more once it is stopped', async () => {
    const registries = createRegistries({ bulkhead: { instances: { customer: { maxConcurrentCalls: 3 } } } });
    const stop = exportMetrics(registries);
    const bulkhead = registries.bulkhead.getOrCreate('customer');
    const available = async () => (await valuesOf('bulkhead.available_concurrent_calls')).map(([, value]) => value);
    expect(await available()).toEqual([3]);
    expect(bulkhead.tryAcquirePermission()).toBe(true);
    expect(await available()).toEqual([2]);

    stop();
    expect(bulkhead.tryAcquirePermission()).toBe(true);

    // OpenTelemetry keeps the last value.
    expect(await available()).toEqual([2]);
  });
});
