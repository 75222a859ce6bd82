import { formatDuration } from '../duration.ts';
import { ResilienceError } from '../errors.ts';
import type { TimeLimit } from './time-limiter.events.ts';

/** A call did not end in time. Its work continues if it ignores its signal. */
export class TimeoutExceededError extends ResilienceError {
  readonly code = 'TIMEOUT_EXCEEDED';
  readonly timeLimiterName: string;
  /** How long the call was allowed to take, in milliseconds. */
  readonly timeoutMs: number;
  readonly limitedBy: TimeLimit;

  /** @param label which kind of policy ended the call, for the message */
  constructor(timeLimiterName: string, timeoutMs: number, limitedBy: TimeLimit, label = 'TimeLimiter') {
    const given = formatDuration(timeoutMs);
    super(
      limitedBy === 'deadline'
        ? `${label} '${timeLimiterName}' got no result within the ${given} that the caller's deadline left.`
        : `${label} '${timeLimiterName}' got no result within its timeoutDuration of ${given}.`,
    );
    this.timeLimiterName = timeLimiterName;
    this.timeoutMs = timeoutMs;
    this.limitedBy = limitedBy;
  }
}
