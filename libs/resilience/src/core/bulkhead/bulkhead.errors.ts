import { formatDuration } from '../duration.ts';
import { RejectedError } from '../errors.ts';

/** The bulkhead had no place for a call; the dependency was not asked. */
export class BulkheadFullError extends RejectedError {
  readonly code = 'BULKHEAD_FULL';
  readonly bulkheadName: string;
  /** Not known: a place becomes free when some call ends. */
  readonly retryAfterMs = undefined;

  /** @param waitedMs how long the call waited for a place */
  constructor(bulkheadName: string, maxConcurrentCalls: number, waitedMs: number) {
    super(`Bulkhead '${bulkheadName}' ${reason(maxConcurrentCalls, waitedMs)}.`);
    this.bulkheadName = bulkheadName;
  }
}

function reason(maxConcurrentCalls: number, waitedMs: number): string {
  if (maxConcurrentCalls === 0) return 'admits no calls, since its maxConcurrentCalls is 0';
  const calls = maxConcurrentCalls === 1 ? 'its one call is' : `all its ${maxConcurrentCalls} calls are`;
  const waited = waitedMs > 0 ? `, and none ended within ${formatDuration(waitedMs)}` : '';
  return `is full: ${calls} under way${waited}; a retry makes sense when one has ended`;
}
