import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type RunPoints, runOnThreads, type StormJob, type StormThread } from '@breakwater/resilience/doctor-browser';

/** Simulates the points of a map in worker threads, one for each core. */
export function stormWorkers(job: StormJob, count = availableParallelism()) {
  const workers = Array.from(
    { length: count },
    () =>
      new Worker(new URL('storm-worker.ts', import.meta.url), {
        workerData: job,
        // Most objects live as long as a call, which is longer than the default space for young objects permits.
        resourceLimits: { maxYoungGenerationSizeMb: 64 },
      }),
  );
  const run: RunPoints = runOnThreads(workers.map(threadOf));
  return { run, end: () => Promise.all(workers.map((worker) => worker.terminate())) };
}

function threadOf(worker: Worker): StormThread {
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
    post: (request) => worker.postMessage(request),
    listen: (onStorm, onError) => {
      worker.removeAllListeners();
      worker.on('message', onStorm).on('error', onError);
    },
  };
}
