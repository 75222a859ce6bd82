import type { Traffic } from '../protocol/messages.ts';
import type { MetricSample } from '@breakwater/contracts/prometheus-text';

/** The metrics that requests are counted by. */
export const requestMetrics = ['http_server_requests_seconds_count', 'http_server_requests_seconds_bucket'] as const;

/** What a replica has answered since its start: counts by status, and by how long they took at most. */
export interface RequestCounts {
  readonly byStatus: ReadonlyMap<string, number>;
  /** Upper bound in seconds and how many took no longer, so that each holds the ones before it. */
  readonly byDuration: ReadonlyMap<number, number>;
}

/** What a replica has answered in some time. */
export interface RequestsInTime extends RequestCounts {
  /** More than 0. */
  readonly seconds: number;
}

/** Requests to open an account; reading one is no part of it. */
export function countRequests(samples: readonly MetricSample[]): RequestCounts {
  const byStatus = new Map<string, number>();
  const byDuration = new Map<number, number>();
  for (const { name, labels, value } of samples) {
    if (labels['method'] !== 'POST' || labels['uri'] !== '/accounts') continue;
    if (name === 'http_server_requests_seconds_count') add(byStatus, labels['status'] ?? '', value);
    if (name === 'http_server_requests_seconds_bucket') add(byDuration, boundOf(labels['le']), value);
  }
  return { byStatus, byDuration };
}

/** What was answered between two readings. A replica that began anew in between has answered all that it has counted. */
export function requestsBetween(before: RequestCounts, after: RequestCounts): RequestCounts {
  const isNewStart = [...before.byStatus].some(([status, count]) => (after.byStatus.get(status) ?? 0) < count);
  if (isNewStart) return after;
  return {
    byStatus: difference(before.byStatus, after.byStatus),
    byDuration: difference(before.byDuration, after.byDuration),
  };
}

/** Each replica was read at times of its own, so that each has its own rates; they add up. */
export function trafficOf(parts: readonly RequestsInTime[]): Traffic {
  const durations = total(parts.map(({ byDuration }) => byDuration));
  const perSecond = (matches: (status: string) => boolean): number =>
    sum(
      parts.flatMap(({ byStatus, seconds }) =>
        [...byStatus].map(([key, count]) => (matches(key) ? count / seconds : 0)),
      ),
    );
  const answered = Math.max(0, ...durations.values());
  const at = (share: number): number => quantile(durations, share) * 1_000;
  return {
    created: perSecond((status) => status === '200' || status === '201'),
    accepted: perSecond((status) => status === '202'),
    refused: perSecond((status) => status.startsWith('4')),
    failed: perSecond((status) => !/^[1-4]/.test(status)),
    latencyMs: answered === 0 ? null : { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
  };
}

/** As Prometheus' `histogram_quantile`: linear within a bucket, and the last bound for what is beyond it. In seconds. */
function quantile(byDuration: ReadonlyMap<number, number>, share: number): number {
  const buckets = [...byDuration].toSorted(([a], [b]) => a - b);
  const rank = share * (buckets.at(-1)?.[1] ?? 0);
  const index = buckets.findIndex(([, count]) => count >= rank);
  const [bound = 0, count = 0] = buckets[index] ?? [];
  const [lower, below] = buckets[index - 1] ?? [0, 0];
  if (!Number.isFinite(bound)) return lower;
  return count === below ? bound : lower + ((bound - lower) * (rank - below)) / (count - below);
}

const boundOf = (le: string | undefined): number => (le === undefined || le === '+Inf' ? Infinity : Number(le));

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

function add<K>(counts: Map<K, number>, key: K, value: number): void {
  counts.set(key, (counts.get(key) ?? 0) + value);
}

function difference<K>(before: ReadonlyMap<K, number>, after: ReadonlyMap<K, number>): Map<K, number> {
  return new Map(Array.from(after, ([key, count]) => [key, count - (before.get(key) ?? 0)]));
}

function total<K>(parts: readonly ReadonlyMap<K, number>[]): Map<K, number> {
  const all = new Map<K, number>();
  for (const part of parts) for (const [key, value] of part) add(all, key, value);
  return all;
}
