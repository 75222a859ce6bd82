const breakerStates = ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'] as const;

export type BreakerState = (typeof breakerStates)[number];

/** How a lookup ended. `slow` exceeded `slowCallDurationThreshold`; `not-permitted` and `failed` got the fallback. */
export const lookupOutcomes = ['answered', 'slow', 'not-permitted', 'failed'] as const;

export type LookupOutcome = (typeof lookupOutcomes)[number];

/** One lookup of a customer through a circuit breaker, with the state of the breaker after it. */
export interface ExperimentCall {
  /** Starts at 1. */
  readonly n: number;
  readonly outcome: LookupOutcome;
  /** On the clock of the system, so independent of the time scale. */
  readonly durationMs: number;
  readonly state: BreakerState;
  /** Percent; -1 while the window holds too few calls. */
  readonly failureRate: number;
  /** Percent; -1 while the window holds too few calls. */
  readonly slowCallRate: number;
  /** State transitions since the previous call, such as `CLOSED->OPEN`. */
  readonly transitions: readonly string[];
}

/** Sequential lookups on one instance of the account service. */
export interface LookupSeries {
  readonly instance: string;
  readonly breaker: string;
  /** The breaker's configuration with Resilience4j's option names. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly calls: readonly ExperimentCall[];
}

/** A line of the response to `POST /experiments/customer-lookups`. Account writes it; the demo and the console read it. */
export type LookupEvent =
  | ({ readonly type: 'start' } & Omit<LookupSeries, 'calls'>)
  | ({ readonly type: 'call' } & ExperimentCall)
  | { readonly type: 'end' };

/**
 * Checks a value from the stream.
 *
 * @throws TypeError when it is not a {@link LookupEvent}
 */
export function parseLookupEvent(value: unknown): LookupEvent {
  if (isRecord(value)) {
    const { type, instance, breaker, config } = value;
    if (type === 'start' && typeof instance === 'string' && typeof breaker === 'string' && isRecord(config)) {
      return { type, instance, breaker, config };
    }
    if (type === 'call') return { type, ...parseCall(value) };
    if (type === 'end') return { type };
  }
  throw new TypeError(`not a lookup event: ${JSON.stringify(value)}`);
}

function parseCall(value: Readonly<Record<string, unknown>>): ExperimentCall {
  const { n, durationMs, failureRate, slowCallRate, transitions } = value;
  const outcome = lookupOutcomes.find((each) => each === value['outcome']);
  const state = breakerStates.find((each) => each === value['state']);
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

function isRecord(value: unknown): value is Readonly<Record<'type' | 'instance' | 'breaker' | 'config', unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Yields the values of a JSON Lines stream as soon as their lines are complete. A chunk may end anywhere, even inside a
 * character.
 *
 * @throws SyntaxError when a line is not JSON
 */
export async function* readJsonLines(chunks: AsyncIterable<Uint8Array>): AsyncIterable<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield JSON.parse(rest);
}
