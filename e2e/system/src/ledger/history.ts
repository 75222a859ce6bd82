import { writeFileSync } from 'node:fs';

/** One operation on one account, as the checker reads it (`linearizability/main.go`). */
export interface Operation {
  readonly account: string;
  /** The client; 0 is the reconciler. */
  readonly process: number;
  readonly kind: 'open' | 'read' | 'history' | 'close' | 'verify';
  /** Nanoseconds on one monotonic clock. */
  readonly call: number;
  /** Null: no response, so that it may take effect at any later time, or never. */
  readonly return: number | null;
  /** Of `close`: the version that the client means, or `*`. */
  readonly ifMatch?: string;
  /** The HTTP status. */
  readonly code?: number;
  /** The status and the version of the account in the response. */
  readonly status?: string;
  readonly version?: number;
  /** Of `history`: the statuses, the oldest first. */
  readonly statuses?: readonly string[];
  /** Of `verify`: what the reconciler finds out. */
  readonly result?: 'ACTIVE' | 'REJECTED';
}

/** The time for {@link Operation}. */
export const nanoseconds = (): number => Number(process.hrtime.bigint());

/** What clients did and what they received, for a checker that knows nothing else. */
export class History {
  readonly #operations: Operation[] = [];

  get operations(): readonly Operation[] {
    return this.#operations;
  }

  record(operation: Operation): void {
    this.#operations.push(operation);
  }

  /**
   * Records the opening of an account. If it was pending, the reconciler verifies it at a time that no client observes: at any time
   * after the call.
   *
   * @param customerExists decides on the result of the verification
   */
  recordOpening(opening: Operation, customerExists: boolean): void {
    this.record(opening);
    if (opening.code !== 202) return;
    const { account, call } = opening;
    const result = customerExists ? 'ACTIVE' : 'REJECTED';
    this.record({ account, process: 0, kind: 'verify', call, return: null, result });
  }
}

export function writeHistory(file: string, operations: readonly Operation[]): void {
  writeFileSync(file, operations.map((operation) => `${JSON.stringify(operation)}\n`).join(''));
}
