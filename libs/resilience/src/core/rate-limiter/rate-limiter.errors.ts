import { formatDuration } from '../duration.ts';
import { RejectedError } from '../errors.ts';

/** The rate limiter had no permission for a call in time. The dependency was not called. */
export class RateLimitExceededError extends RejectedError {
  readonly code = 'RATE_LIMIT_EXCEEDED';
  readonly rateLimiterName: string;
  /** How long until a permission is available, in milliseconds, if no other call takes it. */
  readonly retryAfterMs: number;

  constructor(rateLimiterName: string, limitForPeriod: number, retryAfterMs: number) {
    super(
      `RateLimiter '${rateLimiterName}' does not permit further calls: its limitForPeriod of ${limitForPeriod} is used up; ` +
        `retry in ${formatDuration(retryAfterMs)}.`,
    );
    this.rateLimiterName = rateLimiterName;
    this.retryAfterMs = retryAfterMs;
  }
}
