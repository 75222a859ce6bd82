import { isCutOff } from '../cut-off.ts';
import { type Duration, parseDuration } from '../duration.ts';
import { matchesClasses } from '../error-matcher.ts';
import { isRefusal } from '../errors.ts';
import type { HealthProbe } from '../health-prober.ts';
import type { IntervalFunction } from '../interval-function.ts';
import {
  choice,
  type ConfigOf,
  decimal,
  duration,
  type ErrorClass,
  errorClasses,
  errorPredicate,
  type EventOptions,
  exclusive,
  flag,
  optional,
  optionalFunction,
  type OptionRule,
  OptionSchema,
  percentage,
  replacing,
  resultPredicate,
  risingPercentages,
  size,
  wholeNumber,
} from '../options.ts';
import {
  type Classification,
  classificationNames,
  classifyOutcome,
  isDependencyFailure,
  type OutcomeKind,
  outcomeVerdicts,
} from '../outcome.ts';
import type { CallContext } from '../policy.ts';
import type { UserFunctions } from '../user-function.ts';
import { type StateName, stateNames } from './circuit-breaker.transitions.ts';

export type SlidingWindowType = 'COUNT_BASED' | 'TIME_BASED';

/** What a circuit breaker runs on: the sliding window of this library, or an engine registered with the registry. */
export type CircuitBreakerEngineName = 'sliding-window' | 'opossum' | (string & {});

/** The decision of `transitionOnResult`; durations and times as in `transitionToOpenStateFor` and `…Until`. */
export type TransitionCheckResult =
  'NO_TRANSITION' | { readonly toState: 'OPEN'; readonly waitDuration?: Duration; readonly waitUntil?: number };

/** The result of a call, as `transitionOnResult` receives it. */
export type CallOutcome = { readonly error: unknown } | { readonly result: unknown };

/**
 * Options beyond Resilience4j's: to detect a slow dependency early and to let one that was down recover gradually. All are off
 * by default.
 */
export interface RecoveryOptions {
  /** Opens when this percentage of the calls in the window failed, were slow, or both. Above 0 and at most 100. */
  readonly combinedRateThreshold?: number;
  /**
   * Lengthens each wait in OPEN by a random share of it, up to this one, so that instances do not retry at the same time.
   * From 0, the default, to 1. The wait never becomes shorter.
   */
  readonly waitJitterFactor?: number;
  /** Called in OPEN; when it succeeds, HALF_OPEN starts at once, without using a user's call to find out. */
  readonly healthProbe?: HealthProbe;
  /** The time between two health probes. At least 1 ms; 5 s by default. */
  readonly healthProbeInterval?: Duration;
  /** The time limit of a health probe. At least 1 ms; 1 s by default. */
  readonly healthProbeTimeout?: Duration;
  /**
   * The percentages of calls that are permitted one after the other between HALF_OPEN and CLOSED, rising and below 100, e.g.
   * `[10, 25, 50]`. If a rate reaches its threshold meanwhile, the circuit breaker opens again.
   */
  readonly rampUpSteps?: readonly number[];
  /** The duration of each step. At least 1 ms; 10 s by default. */
  readonly rampUpStepDuration?: Duration;
  /**
   * Records a call of `execute` or of a decorator as slow as soon as it lasts longer than `slowCallDurationThreshold`, while
   * it is in flight, instead of when it ends. A call has one entry: if it fails later, that entry becomes slow and failed
   * while it is in the window; any other end leaves it slow, even an error that is ignored. A timeout may thus count as slow
   * only: choose `slowCallRateThreshold` for a dependency that hangs. False by default.
   */
  readonly slowCallsInFlightEnabled?: boolean;
  /** Aborts the signals of the calls in flight when the circuit breaker opens. False by default. */
  readonly abortCallsOnOpen?: boolean;
  /** Called when the circuit breaker opens, e.g. to close pooled connections. An error that it throws affects no call. */
  readonly releaseOnOpen?: () => unknown;
}

/** Resilience4j's options of a circuit breaker, with its names and defaults. All are optional. */
export interface CircuitBreakerOptions extends RecoveryOptions, EventOptions {
  /**
   * What the circuit breaker runs on. Only `sliding-window`, the default, supports every option. Another engine must be
   * registered (`engines` of the registry) and refuses options that it does not support. Beyond Resilience4j.
   */
  readonly engine?: CircuitBreakerEngineName;
  /** Opens when this percentage of the calls in the window failed. Above 0 and at most 100; 50 by default. */
  readonly failureRateThreshold?: number;
  /** Opens when this percentage of the calls in the window was slow. Above 0 and at most 100; 100 by default. */
  readonly slowCallRateThreshold?: number;
  /** A call that takes longer is slow, also one that its caller aborts. Above 0; 60 s by default. */
  readonly slowCallDurationThreshold?: Duration;
  /** The number of trial calls in HALF_OPEN. From 1 to 10,000,000; 10 by default. */
  readonly permittedNumberOfCallsInHalfOpenState?: number;
  /** The longest duration of HALF_OPEN before `transitionToStateAfterWaitDuration`; 0, the default, means no limit. */
  readonly maxWaitDurationInHalfOpenState?: Duration;
  /** The state after the longest duration of HALF_OPEN: OPEN, the default, or CLOSED. */
  readonly transitionToStateAfterWaitDuration?: 'OPEN' | 'CLOSED';
  /** Evaluates the last N calls (COUNT_BASED, the default) or the calls of the last N seconds (TIME_BASED). */
  readonly slidingWindowType?: SlidingWindowType;
  /** N: calls or seconds. From 1 to 10,000,000; 100 by default. */
  readonly slidingWindowSize?: number;
  /**
   * The number of calls in the window from which on rates are evaluated. At least 1; 100 by default. A count window, which
   * never holds more calls than its size, is evaluated when it is full.
   */
  readonly minimumNumberOfCalls?: number;
  /** The duration of OPEN. At least 1 ms; 60 s by default. Not together with `waitIntervalFunctionInOpenState`. */
  readonly waitDurationInOpenState?: Duration;
  /**
   * Computes the duration of OPEN in milliseconds after the given number of consecutive openings (from 1). A result that is
   * not a finite number of at least 0 is reported once and counts as 60 s.
   */
  readonly waitIntervalFunctionInOpenState?: IntervalFunction;
  /** Changes from OPEN to HALF_OPEN by a timer instead of with the next call. False by default. */
  readonly automaticTransitionFromOpenToHalfOpenEnabled?: boolean;
  /**
   * Errors that count as failures, including subclasses. Without it and without `recordException`, every error counts except
   * refusals of other policies, such as a BulkheadFullError. `Error` includes these, as in Resilience4j by default.
   */
  readonly recordExceptions?: readonly ErrorClass[];
  /** Errors that are neither success nor failure. They take precedence over recorded ones. None by default. */
  readonly ignoreExceptions?: readonly ErrorClass[];
  /** Whether an error counts as a failure, in addition to `recordExceptions`. */
  readonly recordException?: (error: unknown) => boolean;
  /** Whether an error is ignored, in addition to `ignoreExceptions`. */
  readonly ignoreException?: (error: unknown) => boolean;
  /** Whether a returned value counts as a failure. None does by default. */
  readonly recordResult?: (result: unknown) => boolean;
  /**
   * Classifies outcomes by this protocol: `http`. Then server errors, 408, 429, broken connections and timeouts count as
   * failures, thrown or returned. Other responses, such as a 404, count as successes; aborted calls and programming errors
   * are ignored. Every other option that records or ignores takes precedence. None by default. Beyond Resilience4j.
   */
  readonly classification?: Classification;
  /** Opens the circuit breaker after a single result, regardless of the rates. Called after the result is recorded. */
  readonly transitionOnResult?: (outcome: CallOutcome) => TransitionCheckResult;
  /** The state at the start; CLOSED by default. */
  readonly initialState?: StateName;
  /** Whether a CallNotPermittedError has a stack trace, which is most of its cost. True by default. */
  readonly writableStackTraceEnabled?: boolean;
}

/** Also applies when `waitIntervalFunctionInOpenState` throws. */
export const defaultWaitInOpenMs = 60_000;

export const circuitBreakerOptions = new OptionSchema({
  engine: engineName(),
  failureRateThreshold: percentage(50),
  slowCallRateThreshold: percentage(100),
  slowCallDurationThreshold: duration(60_000, { above: 0 }),
  permittedNumberOfCallsInHalfOpenState: size(10, { min: 1 }),
  maxWaitDurationInHalfOpenState: duration(0, { min: 0 }),
  transitionToStateAfterWaitDuration: choice<'OPEN' | 'CLOSED'>('OPEN', ['OPEN', 'CLOSED']),
  slidingWindowType: choice<SlidingWindowType>('COUNT_BASED', ['COUNT_BASED', 'TIME_BASED']),
  slidingWindowSize: size(100, { min: 1 }),
  minimumNumberOfCalls: wholeNumber(100, { min: 1 }),
  waitDurationInOpenState: exclusive(duration(defaultWaitInOpenMs, { min: 1 }), ['waitIntervalFunctionInOpenState']),
  waitIntervalFunctionInOpenState: exclusive(
    optionalFunction<IntervalFunction>('a function from the attempt (1, 2, …) to milliseconds'),
    ['waitDurationInOpenState'],
  ),
  automaticTransitionFromOpenToHalfOpenEnabled: flag(false),
  recordExceptions: replacing(errorClasses(), ['recordException']),
  ignoreExceptions: replacing(errorClasses(), ['ignoreException']),
  recordException: errorPredicate(),
  ignoreException: errorPredicate(),
  recordResult: resultPredicate(),
  classification: optional(choice<Classification>('http', classificationNames)),
  transitionOnResult: optionalFunction<(outcome: CallOutcome) => TransitionCheckResult>(
    "a function from an outcome to 'NO_TRANSITION' or { toState: 'OPEN' }",
  ),
  initialState: choice<StateName>('CLOSED', stateNames),
  writableStackTraceEnabled: flag(true),
  eventConsumerBufferSize: size(0, { min: 0 }),
  combinedRateThreshold: optional(percentage(100)),
  waitJitterFactor: decimal(0, { min: 0, max: 1 }),
  healthProbe: optionalFunction<HealthProbe>('a function that checks the dependency'),
  healthProbeInterval: duration(5_000, { min: 1 }),
  healthProbeTimeout: duration(1_000, { min: 1 }),
  rampUpSteps: risingPercentages(),
  rampUpStepDuration: duration(10_000, { min: 1 }),
  slowCallsInFlightEnabled: flag(false),
  abortCallsOnOpen: flag(false),
  releaseOnOpen: optionalFunction<() => unknown>('a function'),
});

/** Whether an engine of this name is registered is checked by the registry, which knows them. */
function engineName(): OptionRule<CircuitBreakerEngineName> {
  const parse = (value: unknown) => (isEngineName(value) ? value : undefined);
  const allowed = 'sliding-window or the name of a registered engine';
  return { kind: 'choice', defaultValue: 'sliding-window', allowed, parse };
}

/** Whether an engine can have this name. */
export function isEngineName(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]*$/.test(value);
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. One of the two waits in OPEN is set. */
export type CircuitBreakerConfig = ConfigOf<typeof circuitBreakerOptions>;

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

/** Whether a value is a decision of `transitionOnResult`. */
export function isTransitionCheckResult(value: unknown): value is TransitionCheckResult {
  if (value === 'NO_TRANSITION') return true;
  if (typeof value !== 'object' || value === null) return false;
  const { toState, waitDuration, waitUntil } = value as Readonly<Record<string, unknown>>;
  if (toState !== 'OPEN') return false;
  if (waitUntil !== undefined) return Number.isFinite(waitUntil);
  return waitDuration === undefined || (parseDuration(waitDuration) ?? -1) >= 0;
}

/** How a call counts. A `slow` one was cut off by its caller, and its duration is all that counts. */
export type CallVerdict = 'ignored' | 'failure' | 'success' | 'slow';

/** A call that has ended, to be judged. */
export interface JudgedCall {
  readonly outcome: CallOutcome;
  readonly elapsedDurationMs: number;
  /** The caller's; `undefined` when unknown. */
  readonly context: Partial<CallContext> | undefined;
}

/**
 * A call that fails after its caller has aborted or its caller's deadline has passed is ignored, but counts as slow if it
 * lasted longer than `slowCallDurationThreshold`. See `judgeError` for other errors.
 */
export function judgeOutcome(config: CircuitBreakerConfig, call: JudgedCall, functions: UserFunctions): CallVerdict {
  const { outcome, elapsedDurationMs, context } = call;
  const isResult = 'result' in outcome;
  if (isResult && !isRecordedResult(config, outcome.result, functions)) return 'success';
  if (isCutOff(isResult ? undefined : outcome.error, context)) {
    return elapsedDurationMs > config.slowCallDurationThreshold ? 'slow' : 'ignored';
  }
  return isResult ? 'failure' : judgeError(config, outcome.error, functions);
}

/** What an outcome shows, as a field of events; none without a classification. */
export function outcomeField(
  { classification }: CircuitBreakerConfig,
  outcome: CallOutcome,
): { readonly outcome?: OutcomeKind } {
  return classification === undefined ? {} : { outcome: classifyOutcome(outcome, classification) };
}

function isRecordedResult(config: CircuitBreakerConfig, result: unknown, functions: UserFunctions): boolean {
  const { recordResult, classification } = config;
  if (classification !== undefined && isDependencyFailure({ result }, classification)) return true;
  return functions.test('recordResult', recordResult, result) === true;
}

/**
 * Ignored errors take precedence over recorded ones. A refusal by another policy (RejectedError), and a call that a circuit
 * breaker aborted when it opened, are ignored unless they are recorded explicitly. When a predicate fails, any other error
 * is a failure.
 */
export function judgeError(config: CircuitBreakerConfig, error: unknown, functions: UserFunctions): CallVerdict {
  const { ignoreExceptions, ignoreException, recordExceptions, recordException, classification } = config;
  if (matchesClasses(ignoreExceptions, error)) return 'ignored';
  const isIgnored = functions.test('ignoreException', ignoreException, error);
  if (isIgnored === true) return 'ignored';

  if (matchesClasses(recordExceptions, error)) return 'failure';
  const isRecorded = functions.test('recordException', recordException, error);
  if (isRecorded === true) return 'failure';

  if (isRefusal(error)) return 'ignored';
  if (classification !== undefined) return outcomeVerdicts[classifyOutcome({ error }, classification)];
  const isUnknown = isIgnored === undefined || isRecorded === undefined;
  return isUnknown || (recordExceptions.length === 0 && recordException === undefined) ? 'failure' : 'success';
}
