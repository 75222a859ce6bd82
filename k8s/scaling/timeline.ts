/** One sample. */
export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  readonly requestsPerSecond: number;
  /** Replicas of account that are ready. */
  readonly ready: number;
  /** The number of replicas that the autoscaler requests. */
  readonly desired: number;
  /** The metrics of the autoscaler: processor in percent of the requested CPU, and in-flight requests per replica. */
  readonly cpuUtilization?: number;
  readonly inFlight?: number;
  /** Replicas of customer that are ready. */
  readonly customerReady: number;
}

/** A recording. */
export interface Timeline {
  readonly kubernetes: string;
  readonly recordedAt: string;
  readonly phases: readonly { readonly phase: string; readonly at: number }[];
  readonly samples: readonly Sample[];
  /** The replicas of account per node at the maximum. */
  readonly spreadAtPeak: Readonly<Record<string, number>>;
}

/** The consecutive numbers of replicas that the autoscaler requested. */
export function stepsOf(samples: readonly Sample[]): number[] {
  return samples.map(({ desired }) => desired).filter((desired, index, all) => desired !== all[index - 1]);
}

/** The number of changes of direction. One is a peak; more are flapping. */
export function turnsOf(samples: readonly Sample[]): number {
  const steps = stepsOf(samples);
  const directions = steps.slice(1).map((step, index) => Math.sign(step - steps[index]!));
  return directions.filter((direction, index) => index > 0 && direction !== directions[index - 1]).length;
}
