/**
 * - `CLOSED`: calls are permitted and recorded; a rate that reaches its threshold opens.
 * - `OPEN`: calls are refused until the wait is over.
 * - `HALF_OPEN`: a number of trial calls is permitted.
 * - `DISABLED`: calls are permitted, nothing is recorded.
 * - `METRICS_ONLY`: calls are permitted and recorded, nothing opens.
 * - `FORCED_OPEN`: calls are refused.
 *
 * Only an explicit transition or a reset leaves the last three.
 */
export type StateName = 'CLOSED' | 'OPEN' | 'HALF_OPEN' | 'DISABLED' | 'METRICS_ONLY' | 'FORCED_OPEN';

export const stateNames: readonly StateName[] = [
  'CLOSED',
  'OPEN',
  'HALF_OPEN',
  'DISABLED',
  'METRICS_ONLY',
  'FORCED_OPEN',
];

/** Resilience4j's table of the states that may follow each state. */
export const legalTransitions: Readonly<Record<StateName, readonly StateName[]>> = {
  CLOSED: ['CLOSED', 'OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
  OPEN: ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
  HALF_OPEN: ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
  DISABLED: ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
  METRICS_ONLY: ['CLOSED', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
  FORCED_OPEN: ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
};

/** The transitions that results and time cause. All others are explicit. */
export const automaticTransitions: readonly (readonly [from: StateName, to: StateName])[] = [
  ['CLOSED', 'OPEN'],
  ['OPEN', 'HALF_OPEN'],
  ['HALF_OPEN', 'OPEN'],
  ['HALF_OPEN', 'CLOSED'],
];
