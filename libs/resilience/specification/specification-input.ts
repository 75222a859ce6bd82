import type { CircuitBreakerTrace, Observables, Step, TraceConfig } from '../conformance/circuit-breaker.trace.ts';

/** A share as whole numbers: `share / divisor`. */
interface Threshold {
  readonly share: number;
  readonly divisor: number;
}

interface SpecificationStep {
  readonly operation: { readonly at: number; readonly op: string; readonly call: number; readonly time: number };
  readonly returned: string;
  readonly isIllegal: boolean;
  readonly events: readonly { readonly tuple: readonly [type: string, from: string, to: string] }[];
  readonly after: {
    readonly name: string;
    readonly calls: number;
    readonly failed: number;
    readonly slow: number;
    readonly slowFailed: number;
    readonly notPermitted: number;
    readonly hasRates: boolean;
  };
}

/** A trace in the words of `circuit-breaker.qnt`. */
export interface SpecificationInput {
  readonly config: Readonly<Record<string, unknown>>;
  readonly initialState: string;
  readonly startsAt: number;
  readonly steps: readonly SpecificationStep[];
}

/** @param isStrict whether the calls of the trace were made by `execute`, which remembers the state that permitted each */
export function toSpecificationInput(trace: CircuitBreakerTrace, isStrict: boolean): SpecificationInput {
  let observables = trace.initial;
  const steps = trace.steps.map((step) => {
    observables = { ...observables, ...step.after };
    return toStep(step, observables, trace.startEpochMs);
  });
  const config = toConfig(trace.config, steps.length, isStrict);
  return { config, initialState: trace.config.initialState, startsAt: trace.startEpochMs, steps };
}

function toConfig(config: TraceConfig, openings: number, isStrict: boolean): SpecificationInput['config'] {
  const { slidingWindowType, slidingWindowSize: windowSize, minimumNumberOfCalls } = config;
  const isTimeBased = slidingWindowType === 'TIME_BASED';
  const isCapped = config.configuredWithCombinedWindowSetter === true && !isTimeBased;
  return {
    isTimeBased,
    windowSize,
    minimumCalls: isCapped ? Math.min(minimumNumberOfCalls, windowSize) : minimumNumberOfCalls,
    failureRate: toThreshold(config.failureRateThreshold),
    slowCallRate: toThreshold(config.slowCallRateThreshold),
    slowAfter: config.slowCallDurationThresholdMs,
    permittedTrials: config.permittedNumberOfCallsInHalfOpenState,
    waits: waitsOf(config, openings),
    longestHalfOpen: config.maxWaitDurationInHalfOpenStateMs,
    afterHalfOpen: config.transitionToStateAfterWaitDuration ?? 'OPEN',
    isAutomatic: config.automaticTransitionFromOpenToHalfOpenEnabled,
    isStrict,
  };
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * Rates and thresholds are 32-bit floats: a rate reaches its threshold when it is nearer to it than to the float below. The
 * point in between is a whole multiple of 2^-30 for every threshold of at least 1 %.
 */
function toThreshold(percentage: number): Threshold {
  float[0] = percentage;
  const threshold = float[0];
  bits[0]!--;
  const between = (threshold + float[0]) / 2;
  return { share: between * 2 ** 30, divisor: 100 * 2 ** 30 };
}

/** The wait of the first, second, … opening in a row. Exponential ones are truncated to milliseconds each time. */
function waitsOf({ waitIntervalInOpenState: interval, waitDurationInOpenStateMs }: TraceConfig, openings: number) {
  if (interval === undefined) return [waitDurationInOpenStateMs!];
  const waits: number[] = [];
  for (let wait = interval.initialMs; waits.length < openings; wait = Math.trunc(wait * interval.multiplier)) {
    waits.push(Math.min(wait, interval.maxMs ?? Number.MAX_SAFE_INTEGER));
  }
  return waits;
}

function toStep(step: Step, observables: Observables, startEpochMs: number): SpecificationStep {
  return {
    operation: {
      at: startEpochMs + step.atMs,
      op: operationOf(step),
      call: step.call ?? 0,
      time: step.untilMs === undefined ? (step.waitMs ?? step.durationMs ?? 0) : startEpochMs + step.untilMs,
    },
    returned: step.result === undefined ? '' : String(step.result),
    isIllegal: step.throws !== undefined,
    events: step.events.map((event) => {
      const [type = '', states = ''] = event.split(':');
      const [from = '', to = ''] = states.split('->');
      return { tuple: [type, from, to] as const };
    }),
    after: {
      name: observables.state,
      calls: observables.bufferedCalls,
      failed: observables.failedCalls,
      slow: observables.slowCalls,
      slowFailed: observables.slowFailedCalls,
      notPermitted: observables.notPermittedCalls,
      hasRates: observables.failureRate >= 0,
    },
  };
}

/** Calls end with the verdict of the configuration, which is the name of their event. */
function operationOf({ op, error, value }: Step): string {
  switch (op) {
    case 'tryAcquirePermission':
      return 'tryAcquire';
    case 'onSuccess':
      return 'SUCCESS';
    case 'onError':
      return { recorded: 'ERROR', ignored: 'IGNORED_ERROR', notRecorded: 'SUCCESS' }[error!];
    case 'onResult':
      return value === 'bad' ? 'ERROR' : 'SUCCESS';
    case 'releasePermission':
      return 'release';
    case 'transitionToClosed':
      return 'CLOSED';
    case 'transitionToOpen':
      return 'OPEN';
    case 'transitionToHalfOpen':
      return 'HALF_OPEN';
    case 'transitionToForcedOpen':
      return 'FORCED_OPEN';
    case 'transitionToDisabled':
      return 'DISABLED';
    case 'transitionToMetricsOnly':
      return 'METRICS_ONLY';
    case 'transitionToOpenFor':
      return 'openFor';
    case 'transitionToOpenUntil':
      return 'openUntil';
    case 'reset':
    case 'advance':
      return op;
  }
}
