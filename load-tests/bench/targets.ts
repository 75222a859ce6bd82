/** The targets of account. */
export interface Targets {
  /** Minimum ratio of the values with the pipeline to those without. */
  readonly keptProcessorTime: number;
  readonly keptThroughput: number;
  readonly lagP99Ms: number;
  readonly coldStartMs: number;
}

/** The targets of a full run. */
export const committedTargets: Targets = {
  keptProcessorTime: 0.97,
  keptThroughput: 0.97,
  lagP99Ms: 20,
  coldStartMs: 1_000,
};

/** Targets that only a large regression misses, even on a busy machine. */
export const guardTargets: Targets = {
  keptProcessorTime: 0.85,
  keptThroughput: 0.8,
  lagP99Ms: 100,
  coldStartMs: 4_000,
};
