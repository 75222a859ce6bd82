/** What was seen at a moment. */
export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  readonly requestsPerSecond: number;
  /** Replicas of account that are ready. */
  readonly ready: number;
  /** How many the autoscaler wants. */
  readonly desired: number;
  /** What the autoscaler saw: the processor, as a percentage of what is requested, and in-flight requests per replica. */
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
  /** How many replicas of account each node had when there were the most. */
  readonly spreadAtPeak: Readonly<Record<string, number>>;
}

/** The numbers of replicas that the autoscaler wanted, each until the next. */
export function stepsOf(samples: readonly Sample[]): number[] {
  return samples.map(({ desired }) => desired).filter((desired, index, all) => desired !== all[index - 1]);
}

/** How often it turned round: from more to fewer, or back. Once is a peak; more is flapping. */
export function turnsOf(samples: readonly Sample[]): number {
  const steps = stepsOf(samples);
  const directions = steps.slice(1).map((step, index) => Math.sign(step - steps[index]!));
  return directions.filter((direction, index) => index > 0 && direction !== directions[index - 1]).length;
}
