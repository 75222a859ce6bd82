import {
  type CircuitBreakerConfig,
  type CircuitBreakerOptions,
  circuitBreakerOptions,
} from '../../core/circuit-breaker/circuit-breaker.options.ts';
import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import { parseDuration } from '../../core/duration.ts';
import { InvalidOptionsError, type OptionFault } from '../../core/errors.ts';
import { mergeOptions } from '../../core/options.ts';

/** The states that opossum has. */
export type OpossumState = Extract<StateName, 'CLOSED' | 'OPEN' | 'HALF_OPEN' | 'DISABLED'>;

/** An option that opossum does not support, or not with every value. */
interface OpossumLimit {
  readonly option: keyof CircuitBreakerOptions;
  /** What opossum supports, in the sentence "allowed: …, or the engine sliding-window". */
  readonly allowed: string;
  /** Why, as a clause whose subject is opossum. */
  readonly reason: string;
  /** A value that the sliding window supports. */
  readonly example: unknown;
  /** Whether opossum supports the value. It supports none by default. */
  readonly isSupported?: (value: unknown, options: CircuitBreakerOptions) => boolean;
}

const leaveOut = 'to leave it out';
const hasNoSlowCalls = 'it does not measure how long calls take';
const hasNoHealthProbe = 'it does not check the dependency in OPEN (its own health check only opens)';
const waitsForTrialCall = 'it stays in HALF_OPEN until the trial call has ended';
const closesImmediately = 'it closes with the first successful trial call';

/** The longest delay that `setTimeout` and `setInterval` accept; a longer one would fire immediately. */
const longestTimerMs = 2 ** 31 - 1;
const longestTimer = 'it uses a timer, which cannot last longer than 24 days';

/** Every option that opossum does not support, with the reason. It is also their documentation. */
export const opossumLimits: readonly OpossumLimit[] = [
  {
    option: 'slidingWindowType',
    allowed: 'TIME_BASED',
    reason: 'it has no window of calls, only one of seconds',
    example: 'COUNT_BASED',
    isSupported: (value) => value === 'TIME_BASED',
  },
  {
    option: 'slidingWindowSize',
    allowed: 'seconds, together with slidingWindowType TIME_BASED',
    reason: 'it has no window of calls, which is what the size means without slidingWindowType',
    example: 10,
    isSupported: (_size, { slidingWindowType }) => slidingWindowType !== undefined,
  },
  {
    option: 'slidingWindowSize',
    allowed: `at most ${Math.floor(longestTimerMs / 1_000)} seconds`,
    reason: longestTimer,
    example: 2_147_484,
    isSupported: (value) => Number(value) * 1_000 <= longestTimerMs,
  },
  { option: 'slowCallRateThreshold', allowed: leaveOut, reason: hasNoSlowCalls, example: 50 },
  { option: 'slowCallDurationThreshold', allowed: leaveOut, reason: hasNoSlowCalls, example: '2s' },
  { option: 'combinedRateThreshold', allowed: leaveOut, reason: hasNoSlowCalls, example: 50 },
  {
    option: 'permittedNumberOfCallsInHalfOpenState',
    allowed: '1',
    reason: 'it permits a single trial call',
    example: 3,
    isSupported: (value) => value === 1,
  },
  {
    option: 'maxWaitDurationInHalfOpenState',
    allowed: '0',
    reason: waitsForTrialCall,
    example: '5s',
    isSupported: (value) => parseDuration(value) === 0,
  },
  { option: 'transitionToStateAfterWaitDuration', allowed: leaveOut, reason: waitsForTrialCall, example: 'CLOSED' },
  {
    option: 'automaticTransitionFromOpenToHalfOpenEnabled',
    allowed: 'true',
    reason: 'it always goes to HALF_OPEN by a timer',
    example: false,
    isSupported: (value) => value === true,
  },
  {
    option: 'waitDurationInOpenState',
    allowed: `at most ${longestTimerMs} ms`,
    reason: longestTimer,
    example: '25d',
    isSupported: (value) => (parseDuration(value) ?? 0) <= longestTimerMs,
  },
  {
    option: 'waitIntervalFunctionInOpenState',
    allowed: leaveOut,
    reason: 'it always waits equally long',
    example: () => 1_000,
  },
  {
    option: 'waitJitterFactor',
    allowed: '0',
    reason: 'it always waits equally long',
    example: 0.5,
    isSupported: (value) => value === 0,
  },
  {
    option: 'initialState',
    allowed: 'CLOSED, OPEN, HALF_OPEN or DISABLED',
    reason: 'it has no other states',
    example: 'FORCED_OPEN',
    isSupported: (value) => value !== 'FORCED_OPEN' && value !== 'METRICS_ONLY',
  },
  {
    option: 'transitionOnResult',
    allowed: leaveOut,
    reason: 'it opens only by its failure rate or a failed trial call',
    example: () => 'NO_TRANSITION',
  },
  { option: 'healthProbe', allowed: leaveOut, reason: hasNoHealthProbe, example: () => true },
  { option: 'healthProbeInterval', allowed: leaveOut, reason: hasNoHealthProbe, example: '1s' },
  { option: 'healthProbeTimeout', allowed: leaveOut, reason: hasNoHealthProbe, example: '1s' },
  {
    option: 'rampUpSteps',
    allowed: 'an empty list',
    reason: closesImmediately,
    example: [10, 50],
    isSupported: (value) => Array.isArray(value) && value.length === 0,
  },
  { option: 'rampUpStepDuration', allowed: leaveOut, reason: closesImmediately, example: '1s' },
  {
    option: 'slowCallsInFlightEnabled',
    allowed: 'false',
    reason: hasNoSlowCalls,
    example: true,
    isSupported: (value) => value === false,
  },
  {
    option: 'abortCallsOnOpen',
    allowed: 'false',
    reason: 'it has no signal for each call',
    example: true,
    isSupported: (value) => value === false,
  },
  {
    option: 'releaseOnOpen',
    allowed: 'to leave it out and listen to STATE_TRANSITION',
    reason: 'it only emits an event when it opens',
    example: () => {},
  },
];

/** The defaults that differ from those of the sliding window. */
const opossumDefaults: CircuitBreakerOptions = {
  slidingWindowType: 'TIME_BASED',
  permittedNumberOfCallsInHalfOpenState: 1,
  automaticTransitionFromOpenToHalfOpenEnabled: true,
};

/**
 * Copies the options, applies defaults, checks and freezes them, as for any circuit breaker.
 *
 * @param subject the owner of the options, for the error
 * @throws InvalidOptionsError listing every fault, including each option that opossum does not support
 */
export function resolveOpossumOptions(subject: string, options: CircuitBreakerOptions): CircuitBreakerConfig {
  if (circuitBreakerOptions.isConfig(options)) return options;
  const given = mergeOptions<CircuitBreakerOptions>(circuitBreakerOptions.rules, opossumDefaults, {
    ...options,
    engine: 'opossum',
  });
  const unsupported = unsupportedOptions(options);
  try {
    const config = circuitBreakerOptions.resolve(subject, given);
    if (unsupported.length === 0) return config;
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    const { faults } = error;
    const further = unsupported.filter(({ option }) => !faults.some((fault) => fault.option === option));
    throw new InvalidOptionsError(subject, [...faults, ...further]);
  }
  throw new InvalidOptionsError(subject, unsupported);
}

function unsupportedOptions(options: CircuitBreakerOptions): readonly OptionFault[] {
  return opossumLimits.flatMap(({ option, allowed, reason, isSupported }) => {
    const value = options[option];
    if (value === undefined || isSupported?.(value, options) === true) return [];
    const given = `${describe(value)}, which opossum does not support: ${reason}`;
    return [{ option, given, allowed: `${allowed}, or the engine sliding-window` }];
  });
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

/** The options of opossum that are set. Its own types are another package and lack one of them. */
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

const startingIn: Readonly<Record<OpossumState, OpossumBreakerOptions['state']>> = {
  CLOSED: { closed: true },
  OPEN: { closed: false },
  HALF_OPEN: { closed: false, halfOpen: true },
  DISABLED: { enabled: false },
};

/** opossum sums up all its buckets with every failure. */
const maxBuckets = 600;

/**
 * A new object for each breaker, because opossum writes to it.
 *
 * @param state the first state
 */
export function toOpossumOptions(
  name: string,
  config: CircuitBreakerConfig,
  state: OpossumState,
): OpossumBreakerOptions {
  const { failureRateThreshold, waitDurationInOpenState = 0, slidingWindowSize, minimumNumberOfCalls } = config;
  return {
    name,
    state: startingIn[state],
    // opossum opens above its threshold, Resilience4j at it; without this a threshold of 100 % would never be reached.
    errorThresholdPercentage: failureRateThreshold * (1 - 4 * Number.EPSILON),
    resetTimeout: waitDurationInOpenState,
    rollingCountTimeout: slidingWindowSize * 1_000,
    rollingCountBuckets: Math.min(slidingWindowSize, maxBuckets),
    volumeThreshold: minimumNumberOfCalls,
    // Timeouts and capacity belong to time limiter and bulkhead.
    timeout: false,
    allowWarmUp: false,
    // Both cost time with every failure or all the time, and are not used.
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  };
}
