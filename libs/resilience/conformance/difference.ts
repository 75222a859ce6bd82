/** Where a trace and this library part. */
export interface Difference {
  readonly trace: string;
  /** Counted from 1; 0 is the state right after construction. */
  readonly step: number;
  readonly what: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** What replaying a file of traces came to. */
export interface ReplayResult {
  readonly traces: number;
  readonly steps: number;
  /** The first difference of each trace that differs. */
  readonly differences: readonly Difference[];
}

export function describeDifference({ trace, step, what, expected, actual }: Difference): string {
  return `${trace}, step ${step}: ${what} should be ${JSON.stringify(expected)} but is ${JSON.stringify(actual)}`;
}

export function addResults(results: readonly ReplayResult[]): ReplayResult {
  return {
    traces: results.reduce((sum, { traces }) => sum + traces, 0),
    steps: results.reduce((sum, { steps }) => sum + steps, 0),
    differences: results.flatMap(({ differences }) => differences),
  };
}

/** What differs, without where. */
export type Comparison = Pick<Difference, 'what' | 'expected' | 'actual'> | undefined;

export function compare(what: string, expected: unknown, actual: unknown): Comparison {
  return JSON.stringify(expected) === JSON.stringify(actual) ? undefined : { what, expected, actual };
}
