import { ResilienceError } from '../errors.ts';

/** The last attempt returned a value that `retryOnResult` rejects, and `failAfterMaxAttempts` is true. */
export class MaxRetriesExceededError extends ResilienceError {
  readonly code = 'MAX_RETRIES_EXCEEDED';
  readonly retryName: string;
  /** The number of attempts that were made. */
  readonly numberOfAttempts: number;

  constructor(retryName: string, numberOfAttempts: number) {
    super(
      `Retry '${retryName}' failed after ${numberOfAttempts === 1 ? 'one attempt' : `${numberOfAttempts} attempts`}: ` +
        'the last one also returned a value that retryOnResult rejects.',
    );
    this.retryName = retryName;
    this.numberOfAttempts = numberOfAttempts;
  }
}
