/**
 * - `CLOSED`: calls pass and are judged.
 * - `OPEN`: calls are refused until the wait is over.
 * - `HALF_OPEN`: a few calls pass on trial.
 * - `DISABLED`: calls pass, nothing is recorded.
 * - `METRICS_ONLY`: calls pass and are recorded, nothing opens.
 * - `FORCED_OPEN`: calls are refused.
 *
 * The last three are left only by an explicit transition or a reset.
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

/** Resilience4j's table: where each state may go. A state may always be entered afresh from itself. */
export const legalTransitions: Readonly<Record<StateName, readonly StateName[]>> = {
  CLOSED: ['CLOSED', 'OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
  OPEN: ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
  HALF_OPEN: ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
  DISABLED: ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
  METRICS_ONLY: ['CLOSED', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
  FORCED_OPEN: ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'],
};
