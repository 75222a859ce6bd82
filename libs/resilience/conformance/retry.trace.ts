/** An interval function, as the traces describe it. */
export type IntervalDescription =
  | { readonly kind: 'default' }
  | { readonly kind: 'fixed'; readonly intervalMs: number }
  | { readonly kind: 'table'; readonly intervalsMs: readonly number[] }
  | { readonly kind: 'exponential'; readonly initialMs: number; readonly multiplier: number; readonly maxMs?: number }
  | { readonly kind: 'randomized'; readonly intervalMs: number; readonly randomizationFactor: number }
  | {
      readonly kind: 'exponentialRandom';
      readonly initialMs: number;
      readonly multiplier: number;
      readonly randomizationFactor: number;
      readonly maxMs?: number;
    };

/** The interval after one attempt: `ms`, or the results of a randomised function. */
export interface RecordedInterval {
  readonly attempt: number;
  readonly ms?: number;
  /** For the random number 0. */
  readonly minMs?: number;
  /** For the greatest random number below 1. */
  readonly maxMs?: number;
  readonly samples?: readonly { readonly random: number; readonly ms: number }[];
}

/** One interval function, called for many attempts. */
export interface IntervalTrace {
  readonly id: string;
  readonly kind: 'interval';
  readonly function: IntervalDescription;
  readonly intervals: readonly RecordedInterval[];
  readonly invalidAttempts?: readonly { readonly attempt: number; readonly throws: string }[];
}

export type ErrorName = 'A' | 'A.sub' | 'B';

/** What a call does: returns a value, or throws an error of this name. */
export type TracedOutcome = { readonly returns: string } | { readonly throws: string };

export interface RecordedEvent {
  readonly type: string;
  readonly attempts: number;
  readonly waitMs?: number;
  readonly error?: string;
}

/** One call under the retry. */
export interface Execution {
  readonly outcomes: readonly TracedOutcome[];
  readonly calls: number;
  readonly waitsMs: readonly number[];
  readonly result: TracedOutcome;
  readonly events: readonly RecordedEvent[];
  /** Of the retry after the call; they accumulate over the executions. */
  readonly metrics: {
    readonly successfulWithoutRetry: number;
    readonly successfulWithRetry: number;
    readonly failedWithoutRetry: number;
    readonly failedWithRetry: number;
    readonly totalCalls: number;
  };
}

/** Some calls under one retry, one after the other. */
export interface ExecutionTrace {
  readonly id: string;
  readonly kind: 'execution';
  readonly mode: 'sync' | 'async';
  readonly features: readonly string[];
  readonly config: {
    readonly maxAttempts: number;
    readonly failAfterMaxAttempts: boolean;
    readonly retryOn: readonly ErrorName[];
    readonly ignore: readonly ErrorName[];
    readonly retryOnResult: readonly string[];
    readonly interval: IntervalDescription;
  };
  readonly executions: readonly Execution[];
}

/** A line of `retry.jsonl`. */
export type RetryTrace = IntervalTrace | ExecutionTrace;
