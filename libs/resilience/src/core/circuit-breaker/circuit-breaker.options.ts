import type { Duration } from '../duration.ts';
import { matchesError } from '../error-matcher.ts';
import { type OptionFault, RejectedError } from '../errors.ts';
import type { IntervalFunction } from '../interval-function.ts';
import {
  choice,
  type ConfigOf,
  duration,
  type ErrorClass,
  errorClasses,
  flag,
  fraction,
  mergeOptions,
  optional,
  optionalFunction,
  percentage,
  replacing,
  resolveOptions,
  risingPercentages,
  wholeNumber,
} from '../options.ts';
import { type AbortSource, type CallContext, isCallerAbort } from '../policy.ts';
import { type StateName, stateNames } from './circuit-breaker.transitions.ts';

export type SlidingWindowType = 'COUNT_BASED' | 'TIME_BASED';

/** What a circuit breaker runs on: the sliding window of this library, or an engine that the registry was given. */
export type CircuitBreakerEngineName = 'sliding-window' | 'opossum';

/** The decision of `transitionOnResult`; durations and times as in `transitionToOpenStateFor` and `…Until`. */
export type TransitionCheckResult =
  'NO_TRANSITION' | { readonly toState: 'OPEN'; readonly waitDuration?: Duration; readonly waitUntil?: number };

/** How a call ended. */
export type CallOutcome = { readonly error: unknown } | { readonly result: unknown };

/**
 * Checks the health of a dependency: it is healthy unless the probe throws, rejects, or resolves to `false`. The signal is
 * aborted when the result is no longer needed.
 */
export type HealthProbe = (context: Pick<CallContext, 'signal'>) => unknown;

/** Options for the recovery of a dependency, which Resilience4j does not have. All are off by default. */
export interface RecoveryOptions {
  /** Opens when this share of the calls in the window failed, was slow, or both. Percent, above 0 and at most 100. */
  readonly combinedRateThreshold?: number;
  /**
   * Lengthens each wait in OPEN by a random share of up to this factor, so that many instances do not try again at the same
   * time. From 0, the default, to 1. The wait never becomes shorter.
   */
  readonly waitJitterFactor?: number;
  /** Called in OPEN. When it reports a healthy dependency, HALF_OPEN begins immediately, without a user's call. */
  readonly healthProbe?: HealthProbe;
  /** The interval between health probes. At least 1 ms; 5 s by default. */
  readonly healthProbeInterval?: Duration;
  /** How long a health probe may take. At least 1 ms; 1 s by default. */
  readonly healthProbeTimeout?: Duration;
  /**
   * The shares of calls that are permitted step by step between HALF_OPEN and CLOSED, in rising percent below 100, e.g.
   * `[10, 25, 50]`. A rate that reaches its threshold in a step opens again.
   */
  readonly rampUpSteps?: readonly number[];
  /** The duration of each step. At least 1 ms; 10 s by default. */
  readonly rampUpStepDuration?: Duration;
  /** Aborts the signals of in-flight calls when the circuit breaker opens. False by default. */
  readonly abortCallsOnOpen?: boolean;
  /** Called when the circuit breaker opens, e.g. to close pooled connections. An error becomes a process warning. */
  readonly releaseOnOpen?: () => unknown;
}

/** Resilience4j's options of a circuit breaker, with its names and defaults. All are optional. */
export interface CircuitBreakerOptions extends RecoveryOptions {
  /**
   * What the circuit breaker runs on. `sliding-window`, the default, supports every option. Another engine must be registered
   * (`engines` of the registry) and rejects the options that it does not support. Not in Resilience4j.
   */
  readonly engine?: CircuitBreakerEngineName;
  /** Opens when this share of the calls in the window failed. Percent, above 0 and at most 100; 50 by default. */
  readonly failureRateThreshold?: number;
  /** Opens when this share of the calls in the window was slow. Percent, above 0 and at most 100; 100 by default. */
  readonly slowCallRateThreshold?: number;
  /** A call is slow when it takes longer than this. Above 0; 60 s by default. */
  readonly slowCallDurationThreshold?: Duration;
  /** The number of trial calls in HALF_OPEN. At least 1; 10 by default. */
  readonly permittedNumberOfCallsInHalfOpenState?: number;
  /** The maximum duration of HALF_OPEN, after which `transitionToStateAfterWaitDuration` applies. 0, the default: no limit. */
  readonly maxWaitDurationInHalfOpenState?: Duration;
  /** The state after the maximum duration of HALF_OPEN: OPEN, the default, or CLOSED. */
  readonly transitionToStateAfterWaitDuration?: 'OPEN' | 'CLOSED';
  /** Judges the last N calls (COUNT_BASED, the default) or the calls of the last N seconds (TIME_BASED). */
  readonly slidingWindowType?: SlidingWindowType;
  /** N: calls or seconds. At least 1; 100 by default. */
  readonly slidingWindowSize?: number;
  /**
   * The number of calls in the window before its rates are judged. At least 1; 100 by default. A count window, which never
   * holds more calls than its size, is judged when it is full.
   */
  readonly minimumNumberOfCalls?: number;
  /** The duration of OPEN. At least 1 ms; 60 s by default. Not together with `waitIntervalFunctionInOpenState`. */
  readonly waitDurationInOpenState?: Duration;
  /** The duration of OPEN in milliseconds, from the number of times in a row that it has opened (1, 2, …). */
  readonly waitIntervalFunctionInOpenState?: IntervalFunction;
  /** Goes to HALF_OPEN by a timer when the wait is over, instead of with the next call. False by default. */
  readonly automaticTransitionFromOpenToHalfOpenEnabled?: boolean;
  /** Errors that count as failures, subclasses included. Every error by default, unless `recordException` is set. */
  readonly recordExceptions?: readonly ErrorClass[];
  /** Errors that count neither as success nor as failure. They take precedence over recorded ones. None by default. */
  readonly ignoreExceptions?: readonly ErrorClass[];
  /** Whether an error counts as a failure, in addition to `recordExceptions`. */
  readonly recordException?: (error: unknown) => boolean;
  /** Whether an error counts neither as success nor as failure, in addition to `ignoreExceptions`. */
  readonly ignoreException?: (error: unknown) => boolean;
  /** Whether a returned value counts as a failure. None does by default. */
  readonly recordResult?: (result: unknown) => boolean;
  /** Lets a single result open the circuit breaker, independently of the rates. Called after the result is recorded. */
  readonly transitionOnResult?: (outcome: CallOutcome) => TransitionCheckResult;
  /** The first state; CLOSED by default. */
  readonly initialState?: StateName;
  /** Whether a CallNotPermittedError carries a stack trace, which is most of its cost. True by default. */
  readonly writableStackTraceEnabled?: boolean;
  /** How many recent events `bufferedEvents` returns. 0 by default; 100 in `ResilienceModule`. */
  readonly eventConsumerBufferSize?: number;
}

const defaultWaitDurationInOpenStateMs = 60_000;

/** Names, defaults and limits, for the resolver, the configuration files and the documentation. */
export const circuitBreakerOptionRules = {
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
  recordException: optionalFunction<(error: unknown) => boolean>(
    'errorPredicate',
    'a function from an error to true or false',
  ),
  ignoreException: optionalFunction<(error: unknown) => boolean>(
    'errorPredicate',
    'a function from an error to true or false',
  ),
  recordResult: optionalFunction<(result: unknown) => boolean>(
    'resultPredicate',
    'a function from a returned value to true or false',
  ),
  transitionOnResult: optionalFunction<(outcome: CallOutcome) => TransitionCheckResult>(
    'function',
    "a function from an outcome to 'NO_TRANSITION' or { toState: 'OPEN' }",
  ),
  initialState: choice('CLOSED', stateNames),
  writableStackTraceEnabled: flag(true),
  eventConsumerBufferSize: wholeNumber(0, { min: 0 }),
  combinedRateThreshold: optional(percentage(100)),
  waitJitterFactor: fraction(0),
  healthProbe: optionalFunction<HealthProbe>('function', 'a function that checks the health of the dependency'),
  healthProbeInterval: duration(5_000, { min: 1 }),
  healthProbeTimeout: duration(1_000, { min: 1 }),
  rampUpSteps: risingPercentages(),
  rampUpStepDuration: duration(10_000, { min: 1 }),
  abortCallsOnOpen: flag(false),
  releaseOnOpen: optionalFunction<() => unknown>('function', 'a function'),
};

/** The resolved options. `waitDurationInOpenState` is not set when `waitIntervalFunctionInOpenState` is. */
export type CircuitBreakerConfig = ConfigOf<typeof circuitBreakerOptionRules>;

/**
 * Copies the options, applies defaults, checks them as a whole and freezes them.
 *
 * @param subject the owner of the options, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveCircuitBreakerOptions(subject: string, options: CircuitBreakerOptions): CircuitBreakerConfig {
  const resolved = resolveOptions(subject, circuitBreakerOptionRules, options, contradictions);
  if (resolved.waitIntervalFunctionInOpenState !== undefined || resolved.waitDurationInOpenState !== undefined) {
    return resolved;
  }
  return Object.freeze({ ...resolved, waitDurationInOpenState: defaultWaitDurationInOpenStateMs });
}

/** `override` on top of `base`, both as given. An option that is set replaces those that it excludes. */
export function mergeCircuitBreakerOptions(
  base: CircuitBreakerOptions,
  override: CircuitBreakerOptions,
): CircuitBreakerOptions {
  return mergeOptions(circuitBreakerOptionRules, base, override);
}

/**
 * Resilience4j's setter of all three options. Unlike the options alone it caps the minimum at the size of a count window,
 * which then also applies to HALF_OPEN.
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

/** How a call counts. */
export type CallVerdict = 'ignored' | 'failure' | 'success';

/** An error that only reports an abort by the caller is ignored; see `judgeError` for other errors. */
export function judgeOutcome(
  config: CircuitBreakerConfig,
  outcome: CallOutcome,
  abortSource: AbortSource | undefined,
): CallVerdict {
  if ('result' in outcome) return config.recordResult?.(outcome.result) === true ? 'failure' : 'success';
  return isCallerAbort(outcome.error, abortSource) ? 'ignored' : judgeError(config, outcome.error);
}

/**
 * Ignored errors take precedence over recorded ones. A refusal by another policy (RejectedError) is ignored unless it is
 * recorded explicitly: the dependency was not called.
 */
export function judgeError(config: CircuitBreakerConfig, error: unknown): CallVerdict {
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
          given: 'set together with waitDurationInOpenState',
          allowed: 'only one of the two, because each sets the duration of OPEN',
        },
      ]
    : [];
}
