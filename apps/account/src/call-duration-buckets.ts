/**
 * Upper bounds of the durations of calls in seconds: four per decade, so that a quantile, which Prometheus interpolates between
 * two bounds, is less than twice the real value. The slow-call threshold and the time limit of `resilience.yml` are among them;
 * no call lasts much longer than the latter. The 68 bounds of the library's default would be more than half of a scrape.
 */
export const callDurationBuckets = [0.003, 0.0055, 0.01, 0.018, 0.03, 0.055, 0.1, 0.18, 0.3, 0.55, 1, 1.8, 3, 5.5, 10];
