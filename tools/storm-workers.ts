import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { RunPoints, StormJob } from '@breakwater/resilience/doctor';

type Storms = Awaited<ReturnType<RunPoints>>;

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
  const run: RunPoints = (points, change, onResult) =>
    new Promise((resolve, reject) => {
      const storms: Storms[number][] = [];
      let [next, done] = [0, 0];
      const give = (worker: Worker): void => {
        if (next === points.length) return;
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
        worker.postMessage({ index: next, point: points[next], change });
        next++;
      };
      for (const worker of workers) {
        worker.removeAllListeners();
        worker.on('error', reject);
        worker.on('message', ({ index, storm }: { index: number; storm: Storms[number] }) => {
          storms[index] = storm;
          onResult();
          done++;
          if (done === points.length) resolve(storms);
          else give(worker);
        });
        give(worker);
      }
    });
  return { run, end: () => Promise.all(workers.map((worker) => worker.terminate())) };
}
