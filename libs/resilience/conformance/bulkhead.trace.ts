/** All that can be observed of a bulkhead between two operations. */
export interface BulkheadObservables {
  readonly availableConcurrentCalls: number;
  readonly maxAllowedConcurrentCalls: number;
}

/** How the wait of a call ended. */
export interface SettledCall {
  readonly call: number;
  readonly result: boolean;
}

interface RecordedStep {
  readonly after: BulkheadObservables;
  readonly events: readonly string[];
  /** The waiting calls that this step settled; only in traces with waiting calls. */
  readonly settled?: readonly SettledCall[];
}

export type BulkheadStep = RecordedStep &
  (
    | { readonly op: 'tryAcquirePermission'; readonly call?: number; readonly result: boolean }
    | { readonly op: 'acquirePermission'; readonly call?: number; readonly throws?: 'BulkheadFullException' }
    | { readonly op: 'acquire'; readonly call: number; readonly result: 'permitted' | 'pending' }
    | { readonly op: 'onComplete' | 'releasePermission'; readonly call?: number }
    | { readonly op: 'changeConfig'; readonly maxConcurrentCalls: number }
    | { readonly op: 'waitPastMaxWaitDuration' }
  );

/** One recorded life of a bulkhead; a line of `bulkhead.jsonl`. */
export interface BulkheadTrace {
  readonly id: string;
  readonly features: readonly string[];
  readonly config: { readonly maxConcurrentCalls: number; readonly maxWaitDurationMs: number };
  readonly initial: BulkheadObservables;
  readonly steps: readonly BulkheadStep[];
}
