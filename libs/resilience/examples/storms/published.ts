/** Metastable failures that were published, each with the options of `doctor --storm` that show it. */
export const publishedStorms = [
  {
    file: 'load-spike.yml',
    options: '--load 200 --trigger load:4x5s --workers 20 --service 50ms --service-time fixed',
  },
  { file: 'capacity-loss.yml', options: '--load 200 --trigger capacity:4x10s --workers 20 --service 50ms' },
  { file: 'slow-down.yml', options: '--load 250 --trigger slow:5x10s --workers 20 --service 50ms' },
  {
    file: 'cold-cache.yml',
    options: '--load 200 --trigger cache:100x1s --workers 5 --service 50ms --cache 2000 --cache-ttl 5m',
  },
] as const;
