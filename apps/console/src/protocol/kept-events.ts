import type { PolicyEvent } from './messages.ts';

/** What every call leaves behind. The rest is rare, and is not to be pushed out by it. */
const common: ReadonlySet<string> = new Set([
  'SUCCESS',
  'ERROR',
  'NOT_PERMITTED',
  'CALL_PERMITTED',
  'CALL_REJECTED',
  'CALL_FINISHED',
  'SUCCESSFUL_ACQUIRE',
  'FAILED_ACQUIRE',
  'RETRY',
  'TIMEOUT',
  'FALLBACK',
]);

/** How many events are kept of what is rare, and of what is not. */
export const keptRare = 200;
export const keptCommon = 200;

const isRare = ({ type, pattern }: PolicyEvent): boolean => pattern === 'circuitBreaker' && !common.has(type);

/** The newest of each, in their order; the newest come first. */
export function keepNewest(events: readonly PolicyEvent[]): readonly PolicyEvent[] {
  let rare = 0;
  let others = 0;
  return events.filter((event) => (isRare(event) ? (rare += 1) <= keptRare : (others += 1) <= keptCommon));
}
