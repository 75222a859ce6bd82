/** The states of a circuit breaker. */
export const states = ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'] as const;
/** What became of a lookup; `not-permitted` and `failed` were answered by the fallback. */
export const outcomes = ['answered', 'slow', 'not-permitted', 'failed'] as const;

export type BreakerState = (typeof states)[number];
export type Outcome = (typeof outcomes)[number];

/** One lookup of a customer through a circuit breaker, and the breaker right after it. */
export interface Call {
  /** Counted from 1. */
  readonly n: number;
  readonly outcome: Outcome;
  /** On the system's clock, so the same whatever the time scale. */
  readonly durationMs: number;
  readonly state: BreakerState;
  /** In percent; -1 while there are too few calls to tell. */
  readonly failureRate: number;
  /** In percent; -1 while there are too few calls to tell. */
  readonly slowCallRate: number;
  /** What the breaker went through since the call before, such as `CLOSED->OPEN`. */
  readonly transitions: readonly string[];
}

/** Lookups one after the other, on one instance of the account service. */
export interface LookupSeries {
  readonly instance: string;
  readonly breaker: string;
  /** The breaker's configuration in Resilience4j's words. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly calls: readonly Call[];
}

/** What the account service sends, a line each. */
export type LookupMessage =
  | {
      readonly type: 'start';
      readonly instance: string;
      readonly breaker: string;
      readonly config: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'call'; readonly call: Call }
  | { readonly type: 'end' };

/**
 * Checks that a value read from the stream is a message.
 *
 * @throws TypeError when it is not
 */
export function readMessage(value: unknown): LookupMessage {
  if (isRecord(value)) {
    const { type } = value;
    if (
      type === 'start' &&
      typeof value['instance'] === 'string' &&
      typeof value['breaker'] === 'string' &&
      isRecord(value['config'])
    ) {
      return { type, instance: value['instance'], breaker: value['breaker'], config: value['config'] };
    }
    if (type === 'call') return { type, call: readCall(value) };
    if (type === 'end') return { type };
  }
  throw new TypeError(`not a message about lookups: ${JSON.stringify(value)}`);
}

function readCall(value: Readonly<Record<string, unknown>>): Call {
  const { n, durationMs, failureRate, slowCallRate, transitions } = value;
  const outcome = outcomes.find((each) => each === value['outcome']);
  const state = states.find((each) => each === value['state']);
  if (
    outcome === undefined ||
    state === undefined ||
    typeof n !== 'number' ||
    typeof durationMs !== 'number' ||
    typeof failureRate !== 'number' ||
    typeof slowCallRate !== 'number' ||
    !Array.isArray(transitions) ||
    !transitions.every((each) => typeof each === 'string')
  ) {
    throw new TypeError(`not a call: ${JSON.stringify(value)}`);
  }
  return { n, outcome, durationMs, state, failureRate, slowCallRate, transitions };
}

function isRecord(value: unknown): value is Record<'type', unknown> & Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
