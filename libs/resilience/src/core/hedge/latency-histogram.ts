const relativeAccuracy = 0.02;
const growth = (1 + relativeAccuracy) / (1 - relativeAccuracy);
const logOfGrowth = Math.log(growth);

const longestMs = 10 * 60_000;
const numberOfBuckets = Math.ceil(Math.log(longestMs) / logOfGrowth) + 1;

/**
 * Computes percentiles of recent latencies, in constant memory and with a relative error of at most 2 %.
 *
 * The buckets are those of DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with
 * Relative-Error Guarantees", VLDB 2019): their bounds grow by a constant factor, so that all latencies from 1 ms to
 * 10 min have the same relative accuracy. Latencies outside this range count in the first or the last bucket. There are
 * two generations of buckets: when the younger one is full, it replaces the older one. Percentiles are therefore
 * computed from the last `size` to twice `size` latencies.
 */
export class LatencyHistogram {
  readonly #size: number;
  #younger = new Uint32Array(numberOfBuckets);
  #older = new Uint32Array(numberOfBuckets);
  #youngerCount = 0;
  #olderCount = 0;

  /** @param size the number of latencies in a generation; at least 1 */
  constructor(size: number) {
    this.#size = size;
  }

  /** The number of latencies from which percentiles are computed. */
  get count(): number {
    return this.#youngerCount + this.#olderCount;
  }

  record(latencyMs: number): void {
    if (this.#youngerCount === this.#size) this.#startGeneration();
    this.#younger[bucketOf(latencyMs)]!++;
    this.#youngerCount++;
  }

  /**
   * The latency in milliseconds that this percentage of the recorded ones does not exceed; `undefined` when there is
   * none.
   *
   * @param percentage above 0 and at most 100
   */
  percentile(percentage: number): number | undefined {
    const rank = Math.ceil((percentage / 100) * this.count);
    let cumulativeCount = 0;
    for (let bucket = 0; bucket < numberOfBuckets; bucket++) {
      cumulativeCount += this.#younger[bucket]! + this.#older[bucket]!;
      if (cumulativeCount >= rank && cumulativeCount > 0) return latencyIn(bucket);
    }
    return undefined;
  }

  #startGeneration(): void {
    [this.#younger, this.#older] = [this.#older, this.#younger];
    this.#younger.fill(0);
    this.#olderCount = this.#youngerCount;
    this.#youngerCount = 0;
  }
}

function bucketOf(latencyMs: number): number {
  if (!(latencyMs > 1)) return 0;
  return Math.min(Math.ceil(Math.log(latencyMs) / logOfGrowth), numberOfBuckets - 1);
}

/** The value that differs from every latency of the bucket by at most the relative accuracy. */
function latencyIn(bucket: number): number {
  return (2 * growth ** bucket) / (growth + 1);
}
