import type { ConfigFile } from '../../config/config-text.ts';
import type { Environment } from '../../config/placeholders.ts';
import { instancesIn } from '../instance.ts';
import type { Storm, StormPoint } from './storm.ts';
import { simulatePoint } from './storm-map.ts';
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
