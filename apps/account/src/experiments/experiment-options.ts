import type { Clock } from '@breakwater/resilience';

/** Where the experiments find their options. */
export const EXPERIMENT_OPTIONS = Symbol('EXPERIMENT_OPTIONS');

export interface ExperimentOptions {
  /** Which replica makes them. */
  readonly instance: string;
  /** Where customer is. */
  readonly customerUrls: readonly string[];
  /** The circuit breakers'. */
  readonly clock: Clock;
}
