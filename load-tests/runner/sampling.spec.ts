import { describe, expect, it } from 'vitest';
import { gauge, total } from './metrics-text.ts';
import { ReplicaCounters } from './sampling.ts';

const text = `# HELP http_server_requests_seconds How long requests took.
http_server_requests_seconds_bucket{le="0.1",uri="/customers/{id}"} 100
http_server_requests_seconds_count{method="GET",uri="/customers/{id}",status="200"} 7
http_server_requests_seconds_count{method="GET",uri="/customers/{id}",status="404"} 2
http_server_requests_seconds_count{method="PUT",uri="/faults",status="200"} 40
http_server_requests_seconds_count_created{uri="/customers/{id}"} 5
process_resident_memory_bytes 1.5e+8
`;

describe('metrics', () => {
  it('are added up over the series that have the labels', () => {
    expect(total(text, 'http_server_requests_seconds_count', { uri: '/customers/{id}' })).toBe(9);
    expect(total(text, 'http_server_requests_seconds_count', { uri: '/nowhere' })).toBe(0);
  });

  it('of one series have one value', () => {
    expect(gauge(text, 'process_resident_memory_bytes')).toBe(150_000_000);
    expect(gauge(text, 'process_nothing')).toBeNaN();
  });
});

describe('counters of replicas', () => {
  it('go on where a new process begins at nothing', () => {
    const counters = new ReplicaCounters();
    counters.note('customer-1', 100);
    counters.note('customer-2', 50);
    counters.note('customer-1', 3);
    counters.note('customer-1', 5);

    expect(counters.total).toBe(155);
  });
});
