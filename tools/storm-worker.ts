import { parentPort, workerData } from 'node:worker_threads';
import { type StormJob, stormJob, type StormRequest } from '@breakwater/resilience/doctor-browser';

// Each timeout is an error, whose stack trace is not used. This thread runs nothing else.
Error.stackTraceLimit = 0;

/** Simulates the points that it receives, for the map of `doctor --storm`. */
const simulate = stormJob(workerData as StormJob);
parentPort?.on('message', async ({ index, point, change }: StormRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage({ index, storm: await simulate(point, change) });
});
