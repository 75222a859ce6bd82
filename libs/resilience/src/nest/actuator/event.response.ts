import type { PolicyEvent } from '../../core/events.ts';
import type { AnyRetryEvent } from '../../core/retry/retry.events.ts';

/** Resilience4j's `RetryEventDTO`. */
export interface RetryEventResponse {
  readonly retryName: string;
  readonly type: string;
  readonly creationTime: string;
  readonly errorMessage: string | null;
  readonly numberOfAttempts: number;
}

export function retryEvent({
  retryName,
  type,
  creationTime,
  lastError,
  numberOfRetryAttempts,
}: AnyRetryEvent): RetryEventResponse {
  return {
    retryName,
    type,
    creationTime: isoTime(creationTime),
    errorMessage: errorText(lastError),
    numberOfAttempts: numberOfRetryAttempts,
  };
}

/**
 * Resilience4j's event of a pattern about which it tells no more: whose it is, what, and when.
 *
 * @param nameField what the policy is called in its events, e.g. `bulkheadName`
 */
export function plainEvent<N extends string>(nameField: N) {
  return (event: PolicyEvent & Readonly<Record<N, string>>): object => {
    const { type, creationTime, [nameField]: name } = event;
    return { [nameField]: name, type, creationTime: isoTime(creationTime) };
  };
}

/** What an event of our own patterns tells, as far as it is plain: an event may hold whatever a call returned. */
export function wholeEvent(event: PolicyEvent): object {
  const fields = Object.entries(event).flatMap(([field, value]: [string, unknown]) => {
    if (field === 'creationTime') return [[field, isoTime(event.creationTime)]];
    if (field === 'error' || field === 'lastError') return [['errorMessage', errorText(value)]];
    return ['string', 'number', 'boolean'].includes(typeof value) ? [[field, value]] : [];
  });
  return Object.fromEntries(fields) as object;
}

/** In UTC; understood by Java's `ZonedDateTime` and by JavaScript's `Date` alike. */
export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

export function errorText(error: unknown): string | null {
  if (error === undefined || error === null) return null;
  // An error with a text of its own making must not break what tells of it.
  try {
    // oxlint-disable-next-line typescript/no-base-to-string -- an error has a text of its own, and anything can be thrown
    return String(error);
  } catch {
    return Object.prototype.toString.call(error);
  }
}
