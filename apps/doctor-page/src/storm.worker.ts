import { type StormJob, stormJob, type StormRequest } from '@breakwater/resilience/doctor-browser';

// Each timeout is an error, whose stack trace is not used. This worker runs nothing else.
Object.assign(Error, { stackTraceLimit: 0 });

/** Simulates points of the map: first it receives the job, then its points. */
let simulate: ReturnType<typeof stormJob> | undefined;

addEventListener('message', ({ data }: MessageEvent<StormJob | StormRequest>) => {
  if ('files' in data) {
    simulate = stormJob(data);
  } else {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
    void simulate?.(data.point, data.change).then((storm) => postMessage({ index: data.index, storm }));
  }
});
