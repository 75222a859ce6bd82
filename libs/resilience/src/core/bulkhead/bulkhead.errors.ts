import { formatDuration } from '../duration.ts';
import { RejectedError } from '../errors.ts';

/** The bulkhead had no free permit for a call. The dependency was not called. */
export class BulkheadFullError extends RejectedError {
  readonly code = 'BULKHEAD_FULL';
  readonly bulkheadName: string;
  /** Unknown: a permit becomes free when any call ends. */
  readonly retryAfterMs = undefined;

  /**
   * @param waitedMs how long the call waited for a permit, in milliseconds
   * @param queueCapacity if the queue is full
   */
  constructor(bulkheadName: string, maxConcurrentCalls: number, waitedMs: number, queueCapacity?: number) {
    super(`Bulkhead '${bulkheadName}' ${reason(maxConcurrentCalls, waitedMs, queueCapacity)}.`);
    this.bulkheadName = bulkheadName;
  }
}

function reason(maxConcurrentCalls: number, waitedMs: number, queueCapacity: number | undefined): string {
  if (maxConcurrentCalls === 0) return 'permits no calls, because its maxConcurrentCalls is 0';
  if (queueCapacity !== undefined) {
    const limits = `its maxConcurrentCalls of ${maxConcurrentCalls} and its queueCapacity of ${queueCapacity} are reached`;
    return `is full: ${limits}; retry when a call has ended`;
  }
  const waited = waitedMs > 0 ? ` and no permit became free within ${formatDuration(waitedMs)}` : '';
  return `is full: its maxConcurrentCalls of ${maxConcurrentCalls} is reached${waited}; retry when a call has ended`;
}
