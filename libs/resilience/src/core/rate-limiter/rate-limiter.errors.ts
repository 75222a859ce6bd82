import { formatDuration } from '../duration.ts';
import { RejectedError } from '../errors.ts';

/** The rate limiter refused a call; the dependency was not asked. */
export class RateLimitExceededError extends RejectedError {
  readonly code = 'RATE_LIMIT_EXCEEDED';
  readonly rateLimiterName: string;
  /** When there will be a permission, from now, if nobody else asks for it. */
  readonly retryAfterMs: number;

  constructor(rateLimiterName: string, limitForPeriod: number, retryAfterMs: number) {
    super(
      `RateLimiter '${rateLimiterName}' does not permit further calls, since its limit of ${limitForPeriod} in a period ` +
        `is used up; a retry makes sense in ${formatDuration(retryAfterMs)}.`,
    );
    this.rateLimiterName = rateLimiterName;
    this.retryAfterMs = retryAfterMs;
  }
}
