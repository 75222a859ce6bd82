/** Number of lookups per experiment. */
export const lookupsPerExperiment = 20;

/** The result that an experiment must have with a customer service that takes 2 s per response. */
export interface Expectation {
  /** The call after which the breaker opens; null when it never opens. */
  readonly openedAfterCall: number | null;
  readonly notPermitted: number;
  readonly finalState: BreakerState;
  /** Outcome of a permitted call. */
  readonly permittedOutcome: 'answered' | 'slow';
  /** Whether the breaker ever calculates its rates. */
  readonly evaluated: boolean;
}

/** One circuit-breaker configuration and its effect. The settings are in `apps/account/resilience-demo.yml`. */
export interface Experiment {
  /** Name of the experiment and of its circuit breaker, which no other call uses. */
  readonly name: string;
  readonly title: string;
  readonly setup: string;
  readonly expectation: Expectation;
  readonly lesson: string;
}

/** The five experiments, in the order of the report. */
export const experiments: readonly Experiment[] = [
  {
    name: 'count-slow',
    title: 'Slow calls count',
    setup: 'A window of the last 10 calls. The breaker opens when 70 % of them fail or 70 % take longer than 1 s.',
    expectation: {
      openedAfterCall: 10,
      notPermitted: 10,
      finalState: 'OPEN',
      permittedOutcome: 'slow',
      evaluated: true,
    },
    lesson:
      'No call failed, but the breaker opened: ten responses of 2 s each are a slow-call rate of 100 %. The other ten ' +
      'callers got the fallback immediately instead of waiting 2 s.',
  },
  {
    name: 'count-failures-only',
    title: 'Only failures count',
    setup: 'The window of count-slow without settings for slow calls.',
    expectation: {
      openedAfterCall: null,
      notPermitted: 0,
      finalState: 'CLOSED',
      permittedOutcome: 'answered',
      evaluated: true,
    },
    lesson:
      'A breaker that counts only failures does not detect a slow dependency: the failure rate is 0 %, the breaker ' +
      'stays closed and all 20 callers waited 2 s. Configure when a call is slow.',
  },
  {
    name: 'count-minimum-above-window',
    title: 'A minimum above the window',
    setup: 'Like count-slow, but with minimumNumberOfCalls 100 and a window of 10 calls.',
    expectation: {
      openedAfterCall: 10,
      notPermitted: 10,
      finalState: 'OPEN',
      permittedOutcome: 'slow',
      evaluated: true,
    },
    lesson:
      'A window of 10 calls never holds 100, so the breaker could never open. As in Resilience4j, the minimum is ' +
      'therefore limited to the window size: the breaker opened after call 10 as before.',
  },
  {
    name: 'time-minimum-5',
    title: 'Ten seconds, at least 5 calls',
    setup: 'A window of the last 10 seconds and a minimum of 5 calls, with the thresholds of count-slow.',
    expectation: {
      openedAfterCall: 5,
      notPermitted: 15,
      finalState: 'OPEN',
      permittedOutcome: 'slow',
      evaluated: true,
    },
    lesson:
      'A time-based window holds recent calls: the fifth call of 2 s ends while the first is still in the window, the ' +
      'minimum is reached and the breaker opens.',
  },
  {
    name: 'time-minimum-6',
    title: 'Ten seconds, at least 6 calls',
    setup: 'Like time-minimum-5, but with a minimum of 6 calls.',
    expectation: {
      openedAfterCall: null,
      notPermitted: 0,
      finalState: 'CLOSED',
      permittedOutcome: 'slow',
      evaluated: false,
    },
    lesson:
      'Sequential calls of 2 s never put six calls into 10 seconds, so no rate is ever calculated (–) and the breaker ' +
      'never opens. A minimum above the traffic disables a breaker silently.',
  },
];

const breakerStates = ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'] as const;

export type BreakerState = (typeof breakerStates)[number];

/** How a lookup ended. `slow` exceeded `slowCallDurationThreshold`; `not-permitted` and `failed` got the fallback. */
const lookupOutcomes = ['answered', 'slow', 'not-permitted', 'failed'] as const;

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
