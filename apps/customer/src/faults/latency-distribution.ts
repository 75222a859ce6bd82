/** The points by which a distribution is given, and how many of a hundred answers take no longer. */
export const percentilePoints = { min: 0, p50: 50, p75: 75, p90: 90, p95: 95, p99: 99, p999: 99.9, max: 100 } as const;

export type Percentile = keyof typeof percentilePoints;

/** A distribution of durations in milliseconds: the median, the longest, and whatever is known beside. */
export type Percentiles = { readonly [Point in Percentile]?: number | undefined } & {
  readonly p50: number;
  readonly max: number;
};

/**
 * Draws durations from percentiles. Between two points it is a straight line (the inverse of the cumulative
 * distribution, interpolated), so each given percentile is met exactly; below the median it starts at `min`, or 0.
 */
export class LatencyDistribution {
  readonly #points: readonly { readonly share: number; readonly ms: number }[];

  /** @param percentiles none shorter than one before it */
  constructor(percentiles: Percentiles) {
    const given = { ...percentiles, min: percentiles.min ?? 0 };
    this.#points = (Object.keys(percentilePoints) as Percentile[]).flatMap((name) => {
      const ms = given[name];
      return ms === undefined ? [] : [{ share: percentilePoints[name] / 100, ms }];
    });
  }

  /**
   * How long the given share of all answers takes at most, in milliseconds.
   *
   * @param share from 0 to 1: a uniformly random number draws a duration
   */
  quantile(share: number): number {
    const next = this.#points.findIndex((point) => point.share >= share);
    const above = this.#points[next];
    const below = this.#points[next - 1];
    if (!above || !below) return (above ?? this.#points.at(-1))?.ms ?? 0;
    return below.ms + ((share - below.share) / (above.share - below.share)) * (above.ms - below.ms);
  }
}
