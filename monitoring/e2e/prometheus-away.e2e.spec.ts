import { startSystem } from '@breakwater/system-runner/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { findPrometheusProgram } from '../prometheus/src/prometheus-program.ts';
import { startPrometheus } from './running-prometheus.ts';

const program = findPrometheusProgram('prometheus', 'that clients do not notice when Prometheus is away');

if (program.file === undefined) process.stderr.write(`${program.missing}\n`);

const patient = { timeout: 60_000, interval: 100 };

describe.skipIf(program.file === undefined)('while Prometheus is away', () => {
  it('clients are served as before, and the scrapes continue when it is back', async () => {
    const system = await startSystem({
      accounts: 1,
      customers: 1,
      env: { customer: { CUSTOMER_LATENCY: '0ms' }, account: { CLIENT_RATE_LIMIT: '0' } },
    });
    onTestFinished(() => system.end());
    const hostsOf = (urls: readonly string[]) => urls.map((url) => new URL(url).host);
    const prometheus = await startPrometheus(program.file ?? '', {
      account: hostsOf(system.accountUrls),
      customer: hostsOf(system.customerUrls),
    });
    onTestFinished(() => prometheus.stop());
    const isScraped = async (): Promise<void> =>
      expect(await prometheus.scraped()).toEqual(expect.arrayContaining(hostsOf(system.accountUrls)));
    await vi.waitFor(isScraped, patient);
    const statuses: number[] = [];
    const open = async (): Promise<void> => {
      const response = await fetch(`${system.gatewayUrl}/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"customerId":"c-1001","currency":"EUR"}',
      });
      await response.arrayBuffer();
      statuses.push(response.status);
    };
    const openFor = async (seconds: number): Promise<void> => {
      const end = performance.now() + seconds * 1_000;
      while (performance.now() < end) {
        await Promise.all([open(), open()]);
        await delay(20);
      }
    };

    // It scrapes every 2 s: it is stopped with a request in flight, or before one that it does not send.
    prometheus.freeze();
    await openFor(3);
    await prometheus.kill();
    await openFor(3);
    const metrics = await fetch(`${system.accountUrls[0]}/metrics`);
    await metrics.arrayBuffer();
    await prometheus.restart();
    await vi.waitFor(isScraped, patient);

    expect(new Set(statuses)).toEqual(new Set([201]));
    expect(statuses.length).toBeGreaterThan(50);
    expect(metrics.status).toBe(200);
    // The samples before and after the outage are those of one series.
    await vi.waitFor(
      async () =>
        expect(await prometheus.query('changes(process_start_time_seconds{job="account"}[10m]) == 0')).toEqual({
          series: 1,
        }),
      patient,
    );
  });
});
