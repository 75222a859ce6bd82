import { expect, it } from 'vitest';
import { percentileHistogramBuckets } from './percentile-histogram-buckets.ts';

it('The buckets are those that Micrometer shows to Prometheus', () => {
  // Read off a scrape of a Micrometer timer with publishPercentileHistogram().
  expect(percentileHistogramBuckets).toHaveLength(68);
  expect(percentileHistogramBuckets.slice(0, 13)).toStrictEqual([
    0.001, 0.001048576, 0.001398101, 0.001747626, 0.002097151, 0.002446676, 0.002796201, 0.003145726, 0.003495251,
    0.003844776, 0.004194304, 0.005592405, 0.006990506,
  ]);
  expect(percentileHistogramBuckets.slice(-12)).toStrictEqual([
    5.726623061, 7.158278826, 8.589934591, 10.021590356, 11.453246121, 12.884901886, 14.316557651, 15.748213416,
    17.179869184, 22.906492245, 28.633115306, 30,
  ]);
});

it('The buckets rise', () => {
  expect([...percentileHistogramBuckets].sort((a, b) => a - b)).toStrictEqual(percentileHistogramBuckets);
});
