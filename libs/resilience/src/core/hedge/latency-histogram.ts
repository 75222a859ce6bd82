const relativeAccuracy = 0.02;
const growth = (1 + relativeAccuracy) / (1 - relativeAccuracy);
const logOfGrowth = Math.log(growth);

const longestMs = 10 * 60_000;
const numberOfBuckets = Math.ceil(Math.log(longestMs) / logOfGrowth) + 1;

/**
 * Percentiles of recent latencies, in fixed memory and to within 2 %.
 *
 * The buckets are those of DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with
 * Relative-Error Guarantees", VLDB 2019): their bounds grow by a constant factor, so that every latency from 1 ms to
 * 10 min is known to the same relative accuracy; what lies outside is filed at the ends. What is recent is kept by two
 * generations: the younger one is filled, then takes the place of the older one. What is told is therefore about the last
 * `size` to twice `size` latencies.
 */
export class LatencyHistogram {
  readonly #size: number;
  #younger = new Uint32Array(numberOfBuckets);
  #older = new Uint32Array(numberOfBuckets);
  #youngerCount = 0;
  #olderCount = 0;

  /** @param size how many latencies a generation takes; 1 or more */
  constructor(size: number) {
    this.#size = size;
  }

  /** How many latencies the percentiles are of. */
  get count(): number {
    return this.#youngerCount + this.#olderCount;
  }

  record(latencyMs: number): void {
    if (this.#youngerCount === this.#size) this.#beginGeneration();
    this.#younger[bucketOf(latencyMs)]!++;
    this.#youngerCount++;
  }

  /**
   * The latency in milliseconds that this share of the recorded ones does not exceed; `undefined` when there is none.
   *
   * @param percentage above 0 and at most 100
   */
  percentile(percentage: number): number | undefined {
    const rank = Math.ceil((percentage / 100) * this.count);
    let seen = 0;
    for (let bucket = 0; bucket < numberOfBuckets; bucket++) {
      seen += this.#younger[bucket]! + this.#older[bucket]!;
      if (seen >= rank && seen > 0) return latencyIn(bucket);
    }
    return undefined;
  }

  #beginGeneration(): void {
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

/** The value that no latency of the bucket is farther from than the relative accuracy. */
function latencyIn(bucket: number): number {
  return (2 * growth ** bucket) / (growth + 1);
}
