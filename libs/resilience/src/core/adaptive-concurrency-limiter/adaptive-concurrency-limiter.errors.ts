import { RejectedError } from '../errors.ts';

/** The number of in-flight calls has reached the current limit. The dependency was not called. */
export class ConcurrencyLimitExceededError extends RejectedError {
  readonly code = 'CONCURRENCY_LIMIT_EXCEEDED';
  readonly adaptiveConcurrencyLimiterName: string;
  /** The limit of concurrent calls when the call was refused. */
  readonly limit: number;
  /** Unknown: a permit becomes free when any call ends. */
  readonly retryAfterMs = undefined;

  constructor(adaptiveConcurrencyLimiterName: string, limit: number, inFlight: number) {
    super(
      `AdaptiveConcurrencyLimiter '${adaptiveConcurrencyLimiterName}' does not permit further calls: ${inFlight} ` +
        `${inFlight === 1 ? 'is' : 'are'} in flight and its current limit is ${limit}; ` +
        'retry when a call has ended.',
    );
    this.adaptiveConcurrencyLimiterName = adaptiveConcurrencyLimiterName;
    this.limit = limit;
  }
}
