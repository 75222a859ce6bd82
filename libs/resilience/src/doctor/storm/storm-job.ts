import type { ConfigFile } from '../../config/config-text.ts';
import type { Environment } from '../../config/placeholders.ts';
import { instancesIn } from '../instance.ts';
import type { Storm, StormPoint } from './storm.ts';
import { type RunPoints, simulatePoint } from './storm-map.ts';
import type { StormModel } from './storm-model.ts';

/**
 * An instance and its model as data, for a thread: options have classes and functions, which cannot be sent to another one.
 */
export interface StormJob {
  readonly files: readonly ConfigFile[];
  readonly env: Environment;
  /** The name of the instance. */
  readonly name: string;
  readonly model: StormModel;
}

/** Simulates points of a job. */
export function stormJob({ files, env, name, model }: StormJob) {
  const instance = instancesIn(files, env).instances.find((each) => each.name === name);
  if (instance === undefined) throw new RangeError(`There is no instance '${name}'.`);
  return (point: StormPoint, change: number | undefined): Promise<Storm> =>
    simulatePoint({ instance, model }, point, change);
}

/** A point for a thread. */
export interface StormRequest {
  /** The index of the point, which the response has, too. */
  readonly index: number;
  readonly point: StormPoint;
  readonly change: number | undefined;
}

/** The result of a thread. */
export interface StormResponse {
  readonly index: number;
  readonly storm: Storm;
}

/** A thread that has a job: a worker of Node.js or of a browser. */
export interface StormThread {
  post(request: StormRequest): void;
  /** Sets what to call with results and errors, in place of an earlier listener. */
  listen(onStorm: (response: StormResponse) => void, onError: (error: Error) => void): void;
}

/** Simulates points in threads, each of which gets the next point when it has finished one. */
export function runOnThreads(threads: readonly StormThread[]): RunPoints {
  return (points, change, onResult) =>
    new Promise((resolve, reject) => {
      const storms: Storm[] = [];
      let [next, done] = [0, 0];
      const giveTo = (thread: StormThread): void => {
        const point = points[next];
        if (point !== undefined) thread.post({ index: next++, point, change });
      };
      for (const thread of threads) {
        thread.listen(({ index, storm }) => {
          storms[index] = storm;
          onResult();
          if (++done === points.length) resolve(storms);
          else giveTo(thread);
        }, reject);
        giveTo(thread);
      }
    });
}
