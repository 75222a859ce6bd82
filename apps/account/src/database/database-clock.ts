import { fragment, type Fragment } from '@breakwater/service-kit';

/**
 * The clock of the database, by which all times of an account are stored: the clocks of replicas may differ. Whole
 * milliseconds, as a Date has them, and one value within a statement.
 */
export const databaseTime: Fragment<object> = fragment()`date_trunc('milliseconds', statement_timestamp())`;

/** When a change of an account happens: not before its last change, also when the clock has been set back. */
export const changeTime: Fragment<object> = fragment()`greatest(updated_at, ${databaseTime})`;

/**
 * Continues a time of the database, in microseconds since the Unix epoch, by the time that passes here. It is behind that of the
 * database by the time that its response took.
 */
export function continueFrom(epochMicros: number): () => number {
  const readAt = performance.now();
  return () => Math.floor(epochMicros + (performance.now() - readAt) * 1_000);
}

/** How long ago a time of this replica's clock was, in milliseconds; at least 0. */
export const ageMsOf = (time: Date): number => Math.max(0, Date.now() - time.getTime());
