import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { callReplica, readSamples, replicaUrls, sampleValue, sumOfSamples } from './replicas.ts';

const v4 = (address: string) => ({ address, family: 4 });
const v6 = (address: string) => ({ address, family: 6 });

describe('callReplica', () => {
  it('reports a URL that fetch does not take without its password', async () => {
    const { status, body } = await callReplica('http://u:s3cret@127.0.0.1:1/metrics', { timeoutMs: 1_000 });

    expect(status).toBe(0);
    expect(body).toContain('http://u:***@127.0.0.1:1/metrics');
  });

  it.each([
    [64, 200],
    [65, 0],
    [30_000, 0],
  ])('accepts JSON up to 64 levels deep: %i gets %i', async (depth, expected) => {
    const server = createServer((_, response) => response.end('['.repeat(depth) + ']'.repeat(depth))).listen(
      0,
      '127.0.0.1',
    );
    onTestFinished(() => void server.close());
    await once(server, 'listening');

    const { status, body } = await callReplica(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      timeoutMs: 60_000,
    });

    expect(status).toBe(expected);
    if (expected === 0) expect(body).toBe('the response is nested deeper than 64 levels');
  });
});

describe('replicaUrls', () => {
  it('returns a URL for each address of the host', async () => {
    const resolve = async () => [v4('10.0.0.1'), v4('10.0.0.2')];

    expect(await replicaUrls('http://account:3000', resolve)).toEqual(['http://10.0.0.1:3000', 'http://10.0.0.2:3000']);
  });

  it('counts a host with IPv4 and IPv6 addresses once', async () => {
    expect(await replicaUrls('http://account:3000', async () => [v4('10.0.0.1'), v6('fd00::1')])).toEqual([
      'http://10.0.0.1:3000',
    ]);
  });

  it('puts IPv6 addresses in brackets', async () => {
    expect(await replicaUrls('http://account:3000', async () => [v6('fd00::1')])).toEqual(['http://[fd00::1]:3000']);
  });

  it('returns the URL itself for an address or a host that cannot be resolved', async () => {
    const fails = () => Promise.reject(new Error('ENOTFOUND'));

    expect(await replicaUrls('http://127.0.0.1:3000', fails)).toEqual(['http://127.0.0.1:3000']);
    expect(await replicaUrls('http://account:3000', fails)).toEqual(['http://account:3000']);
  });
});

const text = `# HELP http_server_requests_seconds How long requests took.
http_server_requests_seconds_bucket{le="0.1",uri="/customers/{id}"} 100
http_server_requests_seconds_count{method="GET",uri="/customers/{id}",status="200"} 7
http_server_requests_seconds_count{method="GET",uri="/customers/{id}",status="404"} 2
http_server_requests_seconds_count{method="PUT",uri="/faults",status="200"} 40
http_server_requests_seconds_count_created{uri="/customers/{id}"} 5
process_resident_memory_bytes 1.5e+8
`;

describe('sumOfSamples', () => {
  it('sums the samples that have the labels', () => {
    expect(sumOfSamples(text, 'http_server_requests_seconds_count', { uri: '/customers/{id}' })).toBe(9);
    expect(sumOfSamples(text, 'http_server_requests_seconds_count', { uri: '/nowhere' })).toBe(0);
  });
});

describe('sampleValue', () => {
  it('returns the value of a single sample', () => {
    expect(sampleValue(text, 'process_resident_memory_bytes')).toBe(150_000_000);
    expect(sampleValue(text, 'process_nothing')).toBeNaN();
  });
});

describe('readSamples', () => {
  it('reads labels with escaped characters, and infinity', () => {
    const line = 'latency_bucket{le="+Inf",uri="/a\\"b\\\\c\\nd"} +Inf';

    expect(readSamples(line, new Set(['latency_bucket']))).toEqual([
      { name: 'latency_bucket', labels: { le: '+Inf', uri: '/a"b\\c\nd' }, value: Number.POSITIVE_INFINITY },
    ]);
  });
});
