import { ResilienceError } from '../errors.ts';

/** The last attempt still returned a value that `retryOnResult` rejects (`failAfterMaxAttempts`). */
export class MaxRetriesExceededError extends ResilienceError {
  readonly code = 'MAX_RETRIES_EXCEEDED';
  readonly retryName: string;
  /** How many calls were made. */
  readonly numberOfAttempts: number;

  constructor(retryName: string, numberOfAttempts: number) {
    super(
      `Retry '${retryName}' gave up after ${numberOfAttempts === 1 ? 'one attempt' : `${numberOfAttempts} attempts`}: ` +
        'the last one, too, returned a value that retryOnResult rejects.',
    );
    this.retryName = retryName;
    this.numberOfAttempts = numberOfAttempts;
  }
}
