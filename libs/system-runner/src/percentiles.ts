/** The nearest-rank percentile: the smallest value that `share` of the values do not exceed. */
export function percentile(sorted: readonly number[], share: number): number {
  if (!(share > 0 && share <= 1)) throw new RangeError(`share is more than 0 and at most 1, not ${share}`);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}

/** Percentiles of durations in milliseconds; NaN without values. */
export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export function latenciesOf(durationsMs: readonly number[]): Latencies {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  return {
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
  };
}
