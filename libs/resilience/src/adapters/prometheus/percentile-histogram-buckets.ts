const nanosInSecond = 1e9;
const minSeconds = 0.001;
const maxSeconds = 30;
/** The first above the minimum. What lies between the power below and the minimum is below it, too. */
const firstPower = 4 ** 10;

/**
 * The upper bounds, in seconds, with which Micrometer publishes a timer as a histogram to Prometheus
 * (`percentiles-histogram`): from 1 ms to 30 s, powers of four with the space between two of them cut in steps of a third
 * of the lower one. After Micrometer's `PercentileHistogramBuckets`, which counts in whole nanoseconds; the two ends of
 * the expected range, which are no such numbers, are among the bounds.
 */
export const percentileHistogramBuckets: readonly number[] = buckets();

function buckets(): readonly number[] {
  const bounds = [minSeconds];
  for (let power = firstPower; power < maxSeconds * nanosInSecond; power *= 4) {
    const step = Math.floor(power / 3);
    const end = power * 4 - step;
    for (let bound = power; bound < end; bound += step) {
      if (bound < maxSeconds * nanosInSecond) bounds.push(bound / nanosInSecond);
    }
  }
  return [...bounds, maxSeconds];
}
