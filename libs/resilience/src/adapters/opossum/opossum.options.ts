import {
  type CircuitBreakerConfig,
  type CircuitBreakerOptions,
  mergeCircuitBreakerOptions,
  resolveCircuitBreakerOptions,
} from '../../core/circuit-breaker/circuit-breaker.options.ts';
import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import { parseDuration } from '../../core/duration.ts';
import { InvalidOptionsError, type OptionFault } from '../../core/errors.ts';

/** The states that opossum has. */
export type OpossumState = Extract<StateName, 'CLOSED' | 'OPEN' | 'HALF_OPEN' | 'DISABLED'>;

/** An option that opossum cannot honour, or not with every value. */
interface OpossumLimit {
  readonly option: keyof CircuitBreakerOptions;
  /** What opossum can do with it, to finish the sentence "allowed: …, or the engine sliding-window". */
  readonly allowed: string;
  /** Why, as a clause about opossum. */
  readonly reason: string;
  /** A value that the sliding window takes. */
  readonly example: unknown;
  /** Whether the value asks for no more than what opossum does anyway. None does by default. */
  readonly isHonoured?: (value: unknown, options: CircuitBreakerOptions) => boolean;
}

const leaveOut = 'to leave it out';
const knowsNoSlowCalls = 'it does not judge how long calls take';
const asksNobody =
  'it asks nobody how the dependency is before it tries (its own health check opens, and never closes)';
const waitsForTheTrial = 'it stays in HALF_OPEN until the call on trial has ended';
const closesAtOnce = 'it closes with the first call on trial that ends well';

/** The longest delay that `setTimeout` and `setInterval` take; beyond it, they would fire at once. */
const longestTimerMs = 2 ** 31 - 1;
const longestTimer = 'it counts on a timer that cannot last longer than 24 days';

/** Every option that opossum cannot honour, with its reason: they are refused by name, and this is also their documentation. */
export const opossumLimits: readonly OpossumLimit[] = [
  {
    option: 'slidingWindowType',
    allowed: 'TIME_BASED',
    reason: 'it has no window of calls, only one of seconds',
    example: 'COUNT_BASED',
    isHonoured: (value) => value === 'TIME_BASED',
  },
  {
    option: 'slidingWindowSize',
    allowed: 'seconds, beside slidingWindowType TIME_BASED',
    reason: 'without slidingWindowType it would be a number of calls, and opossum has no window of calls',
    example: 10,
    isHonoured: (_size, { slidingWindowType }) => slidingWindowType !== undefined,
  },
  {
    option: 'slidingWindowSize',
    allowed: `at most ${Math.floor(longestTimerMs / 1_000)} seconds`,
    reason: longestTimer,
    example: 2_147_484,
    isHonoured: (value) => Number(value) * 1_000 <= longestTimerMs,
  },
  { option: 'slowCallRateThreshold', allowed: leaveOut, reason: knowsNoSlowCalls, example: 50 },
  { option: 'slowCallDurationThreshold', allowed: leaveOut, reason: knowsNoSlowCalls, example: '2s' },
  { option: 'combinedRateThreshold', allowed: leaveOut, reason: knowsNoSlowCalls, example: 50 },
  {
    option: 'permittedNumberOfCallsInHalfOpenState',
    allowed: '1',
    reason: 'it lets a single call pass on trial',
    example: 3,
    isHonoured: (value) => value === 1,
  },
  {
    option: 'maxWaitDurationInHalfOpenState',
    allowed: '0',
    reason: waitsForTheTrial,
    example: '5s',
    isHonoured: (value) => parseDuration(value) === 0,
  },
  { option: 'transitionToStateAfterWaitDuration', allowed: leaveOut, reason: waitsForTheTrial, example: 'CLOSED' },
  {
    option: 'automaticTransitionFromOpenToHalfOpenEnabled',
    allowed: 'true',
    reason: 'it always goes to HALF_OPEN by a timer',
    example: false,
    isHonoured: (value) => value === true,
  },
  {
    option: 'waitDurationInOpenState',
    allowed: `at most ${longestTimerMs} ms`,
    reason: longestTimer,
    example: '25d',
    isHonoured: (value) => (parseDuration(value) ?? 0) <= longestTimerMs,
  },
  {
    option: 'waitIntervalFunctionInOpenState',
    allowed: leaveOut,
    reason: 'it waits equally long each time',
    example: () => 1_000,
  },
  {
    option: 'waitJitterFactor',
    allowed: '0',
    reason: 'it waits equally long each time',
    example: 0.5,
    isHonoured: (value) => value === 0,
  },
  {
    option: 'initialState',
    allowed: 'CLOSED, OPEN, HALF_OPEN or DISABLED',
    reason: 'it has no other states',
    example: 'FORCED_OPEN',
    isHonoured: (value) => value !== 'FORCED_OPEN' && value !== 'METRICS_ONLY',
  },
  {
    option: 'transitionOnResult',
    allowed: leaveOut,
    reason: 'it opens by its failure rate and by a failed call on trial, and by nothing else',
    example: () => 'NO_TRANSITION',
  },
  { option: 'healthProbe', allowed: leaveOut, reason: asksNobody, example: () => true },
  { option: 'healthProbeInterval', allowed: leaveOut, reason: asksNobody, example: '1s' },
  { option: 'healthProbeTimeout', allowed: leaveOut, reason: asksNobody, example: '1s' },
  {
    option: 'rampUpSteps',
    allowed: 'an empty list',
    reason: closesAtOnce,
    example: [10, 50],
    isHonoured: (value) => Array.isArray(value) && value.length === 0,
  },
  { option: 'rampUpStepDuration', allowed: leaveOut, reason: closesAtOnce, example: '1s' },
  {
    option: 'abortCallsOnOpen',
    allowed: 'false',
    reason: 'it has no signal for each call under way',
    example: true,
    isHonoured: (value) => value === false,
  },
  {
    option: 'releaseOnOpen',
    allowed: 'to leave it out, and to listen to STATE_TRANSITION instead',
    reason: 'it calls nothing when it opens, it only tells',
    example: () => {},
  },
];

/** What stands in the configuration where nothing else was given. */
const whatOpossumDoes: CircuitBreakerOptions = {
  slidingWindowType: 'TIME_BASED',
  permittedNumberOfCallsInHalfOpenState: 1,
  automaticTransitionFromOpenToHalfOpenEnabled: true,
};

/**
 * Copies, defaults, checks and freezes, as for any circuit breaker. Where a default of the sliding window is nothing that
 * opossum does, what opossum does takes its place.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault, and by name every option that opossum cannot honour
 */
export function resolveOpossumOptions(subject: string, options: CircuitBreakerOptions): CircuitBreakerConfig {
  const given = mergeCircuitBreakerOptions(whatOpossumDoes, { ...options, engine: 'opossum' });
  const refused = refusals(options);
  try {
    const config = resolveCircuitBreakerOptions(subject, given);
    if (refused.length === 0) return config;
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    const { faults } = error;
    const further = refused.filter(({ option }) => !faults.some((fault) => fault.option === option));
    throw new InvalidOptionsError(subject, [...faults, ...further]);
  }
  throw new InvalidOptionsError(subject, refused);
}

function refusals(options: CircuitBreakerOptions): readonly OptionFault[] {
  return opossumLimits.flatMap(({ option, allowed, reason, isHonoured }) => {
    const value = options[option];
    if (value === undefined || isHonoured?.(value, options) === true) return [];
    const given = `${describe(value)}, which opossum cannot honour: ${reason}`;
    return [{ option, given, allowed: `${allowed}, or the engine sliding-window` }];
  });
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

/** What is set of opossum's options. Written out here, since its types leave one out, and are a package of their own. */
interface OpossumBreakerOptions {
  readonly name: string;
  readonly state: { readonly enabled?: boolean; readonly closed?: boolean; readonly halfOpen?: boolean };
  readonly errorThresholdPercentage: number;
  readonly resetTimeout: number;
  readonly rollingCountTimeout: number;
  readonly rollingCountBuckets: number;
  readonly volumeThreshold: number;
  readonly timeout: false;
  readonly allowWarmUp: boolean;
  readonly rollingPercentilesEnabled: boolean;
  readonly enableSnapshots: boolean;
}

const beginningIn: Readonly<Record<OpossumState, OpossumBreakerOptions['state']>> = {
  CLOSED: { closed: true },
  OPEN: { closed: false },
  HALF_OPEN: { closed: false, halfOpen: true },
  DISABLED: { enabled: false },
};

/** opossum adds all its buckets up with every failure, so there must not be too many. */
const mostBuckets = 600;

/**
 * Made anew for each breaker, since opossum writes into the object that it is given.
 *
 * @param state to begin in
 */
export function toOpossumOptions(
  name: string,
  config: CircuitBreakerConfig,
  state: OpossumState,
): OpossumBreakerOptions {
  const { failureRateThreshold, waitDurationInOpenState = 0, slidingWindowSize, minimumNumberOfCalls } = config;
  return {
    name,
    state: beginningIn[state],
    // opossum opens beyond its threshold, Resilience4j at it; without this a threshold of 100 % would never be reached.
    errorThresholdPercentage: failureRateThreshold * (1 - 4 * Number.EPSILON),
    resetTimeout: waitDurationInOpenState,
    rollingCountTimeout: slidingWindowSize * 1_000,
    rollingCountBuckets: Math.min(slidingWindowSize, mostBuckets),
    volumeThreshold: minimumNumberOfCalls,
    // A time limiter limits time, a bulkhead capacity.
    timeout: false,
    allowWarmUp: false,
    // Both cost with every failure or all the time, and nobody here looks at them.
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  };
}
