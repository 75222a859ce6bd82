import { RejectedError } from '../errors.ts';

/** As many calls are under way as the dependency can take at present; it was not asked. */
export class ConcurrencyLimitExceededError extends RejectedError {
  readonly code = 'CONCURRENCY_LIMIT_EXCEEDED';
  readonly adaptiveConcurrencyLimiterName: string;
  /** How many calls were admitted at once when this one was refused. */
  readonly limit: number;
  /** Not known: it is the next call that ends which makes room. */
  readonly retryAfterMs = undefined;

  constructor(adaptiveConcurrencyLimiterName: string, limit: number, inFlight: number) {
    super(
      `AdaptiveConcurrencyLimiter '${adaptiveConcurrencyLimiterName}' does not permit further calls: ${inFlight} ` +
        `${inFlight === 1 ? 'is' : 'are'} under way and its limit is ${limit} at present; ` +
        'a retry makes sense when some of them have ended.',
    );
    this.adaptiveConcurrencyLimiterName = adaptiveConcurrencyLimiterName;
    this.limit = limit;
  }
}
