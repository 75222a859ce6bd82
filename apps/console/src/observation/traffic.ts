import type { MetricSample } from '@breakwater/contracts/replicas';
import type { Traffic } from '../protocol/messages.ts';

export const requestMetrics = ['http_server_requests_seconds_count', 'http_server_requests_seconds_bucket'] as const;

/** The `POST /accounts` requests of a replica since its start. */
export interface RequestCounts {
  readonly byStatus: ReadonlyMap<string, number>;
  /** Cumulative histogram: how many requests took at most this long, by the upper bound in seconds. */
  readonly byDuration: ReadonlyMap<number, number>;
}

/** The `POST /accounts` requests of a replica in an interval. */
export interface IntervalCounts extends RequestCounts {
  /** Length of the interval; greater than 0. */
  readonly seconds: number;
}

export function countRequests(samples: readonly MetricSample[]): RequestCounts {
  const byStatus = new Map<string, number>();
  const byDuration = new Map<number, number>();
  for (const { name, labels, value } of samples) {
    const { method, uri, status = '', le } = labels;
    if (method !== 'POST' || uri !== '/accounts') continue;
    if (name === 'http_server_requests_seconds_count') add(byStatus, status, value);
    if (name === 'http_server_requests_seconds_bucket') add(byDuration, le === '+Inf' ? Infinity : Number(le), value);
  }
  return { byStatus, byDuration };
}

/** The requests between two polls. Counts that have decreased were reset by a restart, so all of them are new. */
export function requestsBetween(before: RequestCounts, after: RequestCounts): RequestCounts {
  const hasRestarted = [...before.byStatus].some(([status, count]) => (after.byStatus.get(status) ?? 0) < count);
  if (hasRestarted) return after;
  return {
    byStatus: difference(before.byStatus, after.byStatus),
    byDuration: difference(before.byDuration, after.byDuration),
  };
}

/** Adds up the rates of the replicas, which were polled at different times. */
export function trafficOf(replicas: readonly IntervalCounts[]): Traffic {
  const durations = new Map<number, number>();
  for (const { byDuration } of replicas) for (const [bound, count] of byDuration) add(durations, bound, count);
  const perSecond = (matches: (status: string) => boolean): number =>
    replicas
      .flatMap(({ byStatus, seconds }) =>
        [...byStatus].map(([status, count]) => (matches(status) ? count / seconds : 0)),
      )
      .reduce((sum, rate) => sum + rate, 0);
  const total = Math.max(0, ...durations.values());
  const percentile = (share: number): number => quantile(durations, share) * 1_000;
  return {
    created: perSecond((status) => status === '200' || status === '201'),
    accepted: perSecond((status) => status === '202'),
    rejected: perSecond((status) => status.startsWith('4')),
    failed: perSecond((status) => !/^[1-4]/.test(status)),
    latencyMs: total === 0 ? null : { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) },
  };
}

/** Like Prometheus' `histogram_quantile`: interpolates within a bucket; the last finite bound for longer durations. In seconds. */
function quantile(byDuration: ReadonlyMap<number, number>, share: number): number {
  const buckets = [...byDuration].toSorted(([a], [b]) => a - b);
  const rank = share * (buckets.at(-1)?.[1] ?? 0);
  const index = buckets.findIndex(([, count]) => count >= rank);
  const [bound = 0, count = 0] = buckets[index] ?? [];
  const [lower, below] = buckets[index - 1] ?? [0, 0];
  if (!Number.isFinite(bound)) return lower;
  return count === below ? bound : lower + ((bound - lower) * (rank - below)) / (count - below);
}

function add<K>(counts: Map<K, number>, key: K, value: number): void {
  counts.set(key, (counts.get(key) ?? 0) + value);
}

function difference<K>(before: ReadonlyMap<K, number>, after: ReadonlyMap<K, number>): Map<K, number> {
  return new Map(Array.from(after, ([key, count]) => [key, count - (before.get(key) ?? 0)]));
}
