import type { Duration } from '../duration.ts';
import { matchesError } from '../error-matcher.ts';
import { type OptionFault, RejectedError } from '../errors.ts';
import type { IntervalFunction } from '../interval-function.ts';
import {
  choice,
  duration,
  type ErrorClass,
  errorClasses,
  flag,
  fraction,
  mergeOptions,
  type OptionRules,
  optional,
  optionalFunction,
  percentage,
  replacing,
  resolveOptions,
  risingPercentages,
  wholeNumber,
} from '../options.ts';
import type { CallContext } from '../policy.ts';
import { type StateName, stateNames } from './circuit-breaker.transitions.ts';

export type SlidingWindowType = 'COUNT_BASED' | 'TIME_BASED';

/** What a circuit breaker runs on: the sliding window of this library, or a package that the registry was given. */
export type CircuitBreakerEngineName = 'sliding-window' | 'opossum';

/** What a `transitionOnResult` function decides; durations and times as in `transitionToOpenStateFor` and `…Until`. */
export type TransitionCheckResult =
  'NO_TRANSITION' | { readonly toState: 'OPEN'; readonly waitDuration?: Duration; readonly waitUntil?: number };

/** How a call ended, as `transitionOnResult` sees it. */
export type CallOutcome = { readonly error: unknown } | { readonly result: unknown };

/**
 * Asks a dependency whether it is well: by resolving to anything but `false`. It is handed a signal that is aborted when the
 * answer is not waited for any longer.
 */
export type HealthProbe = (context: Pick<CallContext, 'signal'>) => unknown;

/**
 * What goes beyond Resilience4j: how a dependency that was down is taken back without being knocked over again. All of it
 * is off by default.
 */
export interface RecoveryOptions {
  /** Opens when this share of the calls in the window failed, was slow, or both. Percent, above 0 and at most 100. */
  readonly combinedRateThreshold?: number;
  /**
   * Lengthens each wait in OPEN by up to this share of it, drawn at random, so that many instances do not try again in
   * step. From 0, the default, to 1. The wait never becomes shorter.
   */
  readonly waitJitterFactor?: number;
  /** Asked in OPEN; when the answer is good, HALF_OPEN begins at once and no user's call was spent on finding out. */
  readonly healthProbe?: HealthProbe;
  /** How often the health probe is asked. At least 1 ms; 5 s by default. */
  readonly healthProbeInterval?: Duration;
  /** How long its answer is waited for. At least 1 ms; 1 s by default. */
  readonly healthProbeTimeout?: Duration;
  /**
   * The shares of calls, in rising percent below 100, that are let through one after the other between HALF_OPEN and CLOSED,
   * e.g. `[10, 25, 50]`. A rate that reaches its threshold on the way opens again.
   */
  readonly rampUpSteps?: readonly number[];
  /** How long each step lasts. At least 1 ms; 10 s by default. */
  readonly rampUpStepDuration?: Duration;
  /** Aborts the signals of the calls under way when the circuit breaker opens. False by default. */
  readonly abortCallsOnOpen?: boolean;
  /** Called when the circuit breaker opens, e.g. to drop the pooled connections to the dependency. It cannot hurt a call. */
  readonly releaseOnOpen?: () => unknown;
}

/** Resilience4j's options of a circuit breaker, with its names and defaults. Each may be left out. */
export interface CircuitBreakerOptions extends RecoveryOptions {
  /**
   * What the circuit breaker runs on. `sliding-window`, the default, is the only one that honours every option; another
   * must be registered (`engines` of the registry), and refuses by name what it cannot honour. Beyond Resilience4j.
   */
  readonly engine?: CircuitBreakerEngineName;
  /** Opens when this share of the calls in the window failed. Percent, above 0 and at most 100; 50 by default. */
  readonly failureRateThreshold?: number;
  /** Opens when this share of the calls in the window was slow. Percent, above 0 and at most 100; 100 by default. */
  readonly slowCallRateThreshold?: number;
  /** A call is slow when it takes longer than this. Above 0; 60 s by default. */
  readonly slowCallDurationThreshold?: Duration;
  /** How many calls pass on trial in HALF_OPEN. At least 1; 10 by default. */
  readonly permittedNumberOfCallsInHalfOpenState?: number;
  /** How long HALF_OPEN may last before `transitionToStateAfterWaitDuration`; 0, the default, means without limit. */
  readonly maxWaitDurationInHalfOpenState?: Duration;
  /** Where HALF_OPEN goes when its maximum wait is over: OPEN, the default, or CLOSED. */
  readonly transitionToStateAfterWaitDuration?: 'OPEN' | 'CLOSED';
  /** Judges the last N calls (COUNT_BASED, the default) or the calls of the last N seconds (TIME_BASED). */
  readonly slidingWindowType?: SlidingWindowType;
  /** N: calls or seconds. At least 1; 100 by default. */
  readonly slidingWindowSize?: number;
  /**
   * No rate is judged before the window holds this many calls. At least 1; 100 by default. A count window, which can
   * never hold more calls than its size, is judged when it is full.
   */
  readonly minimumNumberOfCalls?: number;
  /** How long OPEN refuses. At least 1 ms; 60 s by default. Not together with `waitIntervalFunctionInOpenState`. */
  readonly waitDurationInOpenState?: Duration;
  /** How long OPEN refuses, in milliseconds, after having opened this many times in a row (from 1). */
  readonly waitIntervalFunctionInOpenState?: IntervalFunction;
  /** Goes to HALF_OPEN by a timer as soon as the wait is over, instead of with the next call. False by default. */
  readonly automaticTransitionFromOpenToHalfOpenEnabled?: boolean;
  /** Errors that count as failures, subclasses included. None given and no `recordException`: every error counts. */
  readonly recordExceptions?: readonly ErrorClass[];
  /** Errors that are no evidence, neither success nor failure. They win over recorded ones. None by default. */
  readonly ignoreExceptions?: readonly ErrorClass[];
  /** Whether an error counts as a failure, beside `recordExceptions`. */
  readonly recordException?: (error: unknown) => boolean;
  /** Whether an error is no evidence, beside `ignoreExceptions`. */
  readonly ignoreException?: (error: unknown) => boolean;
  /** Whether a returned value counts as a failure. None does by default. */
  readonly recordResult?: (result: unknown) => boolean;
  /** Lets a single result open the circuit breaker, whatever the rates. Asked after the result is recorded. */
  readonly transitionOnResult?: (outcome: CallOutcome) => TransitionCheckResult;
  /** The state to begin with; CLOSED by default. */
  readonly initialState?: StateName;
  /** Whether a CallNotPermittedError carries a stack trace, which is most of its cost. True by default. */
  readonly writableStackTraceEnabled?: boolean;
  /** How many of the last events `bufferedEvents` keeps. 0, the default, keeps none; `ResilienceModule` keeps 100. */
  readonly eventConsumerBufferSize?: number;
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export interface CircuitBreakerConfig {
  readonly engine: CircuitBreakerEngineName;
  readonly failureRateThreshold: number;
  readonly slowCallRateThreshold: number;
  readonly slowCallDurationThreshold: number;
  readonly permittedNumberOfCallsInHalfOpenState: number;
  readonly maxWaitDurationInHalfOpenState: number;
  readonly transitionToStateAfterWaitDuration: 'OPEN' | 'CLOSED';
  readonly slidingWindowType: SlidingWindowType;
  readonly slidingWindowSize: number;
  readonly minimumNumberOfCalls: number;
  /** Not set when `waitIntervalFunctionInOpenState` is. */
  readonly waitDurationInOpenState: number | undefined;
  readonly waitIntervalFunctionInOpenState: IntervalFunction | undefined;
  readonly automaticTransitionFromOpenToHalfOpenEnabled: boolean;
  readonly recordExceptions: readonly ErrorClass[];
  readonly ignoreExceptions: readonly ErrorClass[];
  readonly recordException: ((error: unknown) => boolean) | undefined;
  readonly ignoreException: ((error: unknown) => boolean) | undefined;
  readonly recordResult: ((result: unknown) => boolean) | undefined;
  readonly transitionOnResult: ((outcome: CallOutcome) => TransitionCheckResult) | undefined;
  readonly initialState: StateName;
  readonly writableStackTraceEnabled: boolean;
  readonly eventConsumerBufferSize: number;
  readonly combinedRateThreshold: number | undefined;
  readonly waitJitterFactor: number;
  readonly healthProbe: HealthProbe | undefined;
  readonly healthProbeInterval: number;
  readonly healthProbeTimeout: number;
  readonly rampUpSteps: readonly number[];
  readonly rampUpStepDuration: number;
  readonly abortCallsOnOpen: boolean;
  readonly releaseOnOpen: (() => unknown) | undefined;
}

const defaultWaitDurationInOpenStateMs = 60_000;

/** One source for names, defaults and limits: the resolver, the configuration files and the documentation read it. */
export const circuitBreakerOptionRules: OptionRules<CircuitBreakerConfig> = {
  engine: choice('sliding-window', ['sliding-window', 'opossum']),
  failureRateThreshold: percentage(50),
  slowCallRateThreshold: percentage(100),
  slowCallDurationThreshold: duration(60_000, { above: 0 }),
  permittedNumberOfCallsInHalfOpenState: wholeNumber(10, { min: 1 }),
  maxWaitDurationInHalfOpenState: duration(0, { min: 0 }),
  transitionToStateAfterWaitDuration: choice('OPEN', ['OPEN', 'CLOSED']),
  slidingWindowType: choice('COUNT_BASED', ['COUNT_BASED', 'TIME_BASED']),
  slidingWindowSize: wholeNumber(100, { min: 1 }),
  minimumNumberOfCalls: wholeNumber(100, { min: 1 }),
  waitDurationInOpenState: replacing(optional(duration(defaultWaitDurationInOpenStateMs, { min: 1 })), [
    'waitIntervalFunctionInOpenState',
  ]),
  waitIntervalFunctionInOpenState: replacing(
    optionalFunction<IntervalFunction>('function', 'a function from the attempt (1, 2, …) to milliseconds'),
    ['waitDurationInOpenState'],
  ),
  automaticTransitionFromOpenToHalfOpenEnabled: flag(false),
  recordExceptions: replacing(errorClasses(), ['recordException']),
  ignoreExceptions: replacing(errorClasses(), ['ignoreException']),
  recordException: optionalFunction('errorPredicate', 'a function from an error to true or false'),
  ignoreException: optionalFunction('errorPredicate', 'a function from an error to true or false'),
  recordResult: optionalFunction('resultPredicate', 'a function from a returned value to true or false'),
  transitionOnResult: optionalFunction(
    'function',
    "a function from an outcome to 'NO_TRANSITION' or { toState: 'OPEN' }",
  ),
  initialState: choice('CLOSED', stateNames),
  writableStackTraceEnabled: flag(true),
  eventConsumerBufferSize: wholeNumber(0, { min: 0 }),
  combinedRateThreshold: optional(percentage(100)),
  waitJitterFactor: fraction(0),
  healthProbe: optionalFunction<HealthProbe>('function', 'a function that asks the dependency how it is'),
  healthProbeInterval: duration(5_000, { min: 1 }),
  healthProbeTimeout: duration(1_000, { min: 1 }),
  rampUpSteps: risingPercentages(),
  rampUpStepDuration: duration(10_000, { min: 1 }),
  abortCallsOnOpen: flag(false),
  releaseOnOpen: optionalFunction<() => unknown>('function', 'a function'),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveCircuitBreakerOptions(subject: string, options: CircuitBreakerOptions): CircuitBreakerConfig {
  const resolved = resolveOptions(subject, circuitBreakerOptionRules, options, contradictions);
  if (resolved.waitIntervalFunctionInOpenState !== undefined || resolved.waitDurationInOpenState !== undefined) {
    return resolved;
  }
  return Object.freeze({ ...resolved, waitDurationInOpenState: defaultWaitDurationInOpenStateMs });
}

/** `override` on top of `base`, both as given: what is set wins, and takes away what cannot hold beside it. */
export function mergeCircuitBreakerOptions(
  base: CircuitBreakerOptions,
  override: CircuitBreakerOptions,
): CircuitBreakerOptions {
  return mergeOptions(circuitBreakerOptionRules, base, override);
}

/**
 * Resilience4j's setter of all three: unlike the three options by themselves it caps the minimum at the size of a count
 * window at once, so that HALF_OPEN, too, is judged by the capped value.
 */
export function slidingWindow(
  slidingWindowSize: number,
  minimumNumberOfCalls: number,
  slidingWindowType: SlidingWindowType,
): Pick<CircuitBreakerOptions, 'slidingWindowSize' | 'minimumNumberOfCalls' | 'slidingWindowType'> {
  const minimum =
    slidingWindowType === 'COUNT_BASED' ? Math.min(minimumNumberOfCalls, slidingWindowSize) : minimumNumberOfCalls;
  return { slidingWindowSize, minimumNumberOfCalls: minimum, slidingWindowType };
}

/** Whether an error is evidence: a failure, a success, or neither. */
export type ErrorVerdict = 'ignored' | 'failure' | 'success';

/**
 * Ignored wins over recorded. A refusal by another policy (RejectedError) is ignored unless it is recorded by name: the
 * dependency was not asked, so it did not fail.
 */
export function judgeError(config: CircuitBreakerConfig, error: unknown): ErrorVerdict {
  const { ignoreExceptions, ignoreException, recordExceptions, recordException } = config;
  if (matchesError(ignoreExceptions, error) || ignoreException?.(error) === true) return 'ignored';

  if (matchesError(recordExceptions, error) || recordException?.(error) === true) return 'failure';
  if (error instanceof RejectedError) return 'ignored';
  return recordExceptions.length === 0 && recordException === undefined ? 'failure' : 'success';
}

function contradictions(
  _config: CircuitBreakerConfig,
  isGiven: (option: keyof CircuitBreakerConfig) => boolean,
): readonly OptionFault[] {
  return isGiven('waitDurationInOpenState') && isGiven('waitIntervalFunctionInOpenState')
    ? [
        {
          option: 'waitIntervalFunctionInOpenState',
          given: 'set beside waitDurationInOpenState',
          allowed: 'only one of the two, since each says how long OPEN lasts',
        },
      ]
    : [];
}
