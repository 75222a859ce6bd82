import { describe, expect, it } from 'vitest';
import { readSamples } from '@breakwater/contracts/replicas';
import { countRequests, requestMetrics, requestsBetween, trafficOf } from './traffic.ts';

const labels = (status: number) => `method="POST",uri="/accounts",status="${status}",outcome="X",exception="None"`;

/** The metrics of a replica: by status, how many requests took at most 100 ms and how many there were. */
function metrics(counts: Record<number, { fast: number; all: number }>): string {
  const lines = Object.entries(counts).flatMap(([status, { fast, all }]) => [
    `http_server_requests_seconds_bucket{le="0.1",${labels(Number(status))}} ${fast}`,
    `http_server_requests_seconds_bucket{le="1",${labels(Number(status))}} ${all}`,
    `http_server_requests_seconds_bucket{le="+Inf",${labels(Number(status))}} ${all}`,
    `http_server_requests_seconds_count{${labels(Number(status))}} ${all}`,
  ]);
  return [
    '# HELP x y',
    'other_metric 5',
    'http_server_requests_seconds_count{method="GET",uri="/accounts",status="200"} 9',
  ]
    .concat(lines)
    .join('\n');
}

const counts = (given: Parameters<typeof metrics>[0]) =>
  countRequests(readSamples(metrics(given), new Set(requestMetrics)));

describe('the traffic of an interval', () => {
  it('is the number of requests per second, by status', () => {
    const before = counts({ 201: { fast: 10, all: 10 }, 202: { fast: 0, all: 3 } });
    const after = counts({
      201: { fast: 18, all: 20 },
      202: { fast: 0, all: 4 },
      422: { fast: 2, all: 2 },
      503: { fast: 1, all: 1 },
    });

    expect(trafficOf([{ ...requestsBetween(before, after), seconds: 2 }])).toMatchObject({
      created: 5,
      accepted: 0.5,
      rejected: 1,
      failed: 0.5,
    });
  });

  it('adds up the replicas', () => {
    const none = counts({ 201: { fast: 0, all: 0 } });
    const some = { ...requestsBetween(none, counts({ 201: { fast: 3, all: 3 } })), seconds: 1 };

    expect(trafficOf([some, some]).created).toBe(6);
  });

  it('counts from 0 when a replica has restarted', () => {
    const before = counts({ 201: { fast: 100, all: 100 } });

    expect(trafficOf([{ ...requestsBetween(before, counts({ 201: { fast: 4, all: 4 } })), seconds: 1 }]).created).toBe(
      4,
    );
  });

  it('estimates percentiles within a bucket like Prometheus', () => {
    const none = counts({ 201: { fast: 0, all: 0 } });
    const latency = trafficOf([
      { ...requestsBetween(none, counts({ 201: { fast: 50, all: 100 } })), seconds: 1 },
    ]).latencyMs;

    expect(latency?.p50).toBeCloseTo(100);
    expect(latency?.p95).toBeCloseTo(910);
  });

  it('has no latency without requests', () => {
    const same = counts({ 201: { fast: 5, all: 5 } });

    expect(trafficOf([{ ...requestsBetween(same, same), seconds: 1 }]).latencyMs).toBeNull();
  });
});
