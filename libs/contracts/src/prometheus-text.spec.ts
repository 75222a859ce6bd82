import { describe, expect, it } from 'vitest';
import { readSamples, sampleValue, sumOfSamples } from './prometheus-text.ts';

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
