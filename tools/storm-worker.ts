import { parentPort, workerData } from 'node:worker_threads';
import { type StormJob, stormJob, type StormRequest } from '@breakwater/resilience/doctor-browser';

/** Simulates the points that it receives, for the map of `doctor --storm`. */
const simulate = stormJob(workerData as StormJob);
parentPort?.on('message', async ({ index, point, change }: StormRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage({ index, storm: await simulate(point, change) });
});
