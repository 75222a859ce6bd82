import type { StateTransitionEvent } from '../../core/circuit-breaker/circuit-breaker.events.ts';
import type { CircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.ts';
import { formatDuration } from '../../core/duration.ts';

/** What a description needs of a circuit breaker. */
export type DescribedBreaker = Pick<CircuitBreaker, 'name' | 'config' | 'metrics' | 'remainingMs'>;

/** `warn`: calls are refused, or somebody took the protection away. `info`: it goes back to normal by itself. */
export type LogLevel = 'info' | 'warn';

/** A transition for people (the message) and for machines (the fields). */
export interface TransitionDescription {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Says what a state transition was, and with which numbers it came about. To be asked while the event is told: OPEN still
 * has the window that opened it then, other states have begun a new one.
 */
export function describeTransition(breaker: DescribedBreaker, event: StateTransitionEvent): TransitionDescription {
  const { name, config } = breaker;
  const { fromState, toState } = event;
  const describe = (level: LogLevel, what: string, numbers: Readonly<Record<string, unknown>>) => ({
    level,
    message: `CircuitBreaker '${name}' went from ${fromState} to ${toState}: ${what}.`,
    fields: { circuitBreaker: name, fromState, toState, ...numbers },
  });
  const thresholds = {
    failureRateThreshold: config.failureRateThreshold,
    slowCallRateThreshold: config.slowCallRateThreshold,
    ...(config.combinedRateThreshold !== undefined && { combinedRateThreshold: config.combinedRateThreshold }),
  };

  switch (toState) {
    case 'OPEN': {
      const waitMs = breaker.remainingMs;
      const duration = waitMs === undefined ? '' : ` for ${formatDuration(waitMs)}`;
      const numbers = { ...breaker.metrics, ...thresholds, waitMs };
      return describe('warn', `${causeOfOpening(breaker, fromState)}. It refuses calls${duration}`, numbers);
    }
    case 'HALF_OPEN': {
      const { permittedNumberOfCallsInHalfOpenState } = config;
      const calls = count(permittedNumberOfCallsInHalfOpenState, 'call');
      return describe('info', `${calls} may pass on trial`, { ...thresholds, permittedNumberOfCallsInHalfOpenState });
    }
    case 'CLOSED':
      return describe('info', `all calls pass, until ${anyOf(thresholds)}`, thresholds);
    case 'FORCED_OPEN':
      return describe('warn', 'somebody wants all calls refused, until its state is changed again', {});
    case 'DISABLED':
      return describe('warn', 'somebody wants all calls to pass unseen, until its state is changed again', {});
    case 'METRICS_ONLY':
      return describe('warn', 'somebody wants all calls to pass and be counted, until its state is changed again', {});
  }
}

function causeOfOpening({ config, metrics }: DescribedBreaker, fromState: StateTransitionEvent['fromState']): string {
  const { failureRate, slowCallRate, combinedRate, bufferedCalls, failedCalls, slowCalls, slowFailedCalls } = metrics;
  const rates = [
    { what: 'failed', rate: failureRate, calls: failedCalls, threshold: config.failureRateThreshold },
    {
      what: `took longer than ${formatDuration(config.slowCallDurationThreshold)}`,
      rate: slowCallRate,
      calls: slowCalls,
      threshold: config.slowCallRateThreshold,
    },
    {
      what: 'failed or were slow',
      rate: combinedRate,
      calls: failedCalls + slowCalls - slowFailedCalls,
      threshold: config.combinedRateThreshold,
    },
  ];
  const reached = rates.flatMap(({ what, rate, calls, threshold }) =>
    threshold !== undefined && rate >= Math.fround(threshold)
      ? [`${percent(rate)} of calls ${what} (${calls} of ${bufferedCalls}; the threshold is ${percent(threshold)})`]
      : [],
  );
  if (reached.length > 0) return reached.join(', and ');

  // A transition does not say who asked for it.
  const { maxWaitDurationInHalfOpenState: maxWaitMs, transitionToStateAfterWaitDuration: after } = config;
  const mayHaveLastedTooLong = fromState === 'HALF_OPEN' && maxWaitMs > 0 && after === 'OPEN';
  const tooLong = mayHaveLastedTooLong ? `HALF_OPEN lasted its ${formatDuration(maxWaitMs)}, or it was ` : '';
  return `no rate had reached its threshold; ${tooLong}opened by hand or by transitionOnResult`;
}

function anyOf(thresholds: {
  readonly failureRateThreshold: number;
  readonly slowCallRateThreshold: number;
  readonly combinedRateThreshold?: number;
}): string {
  const { failureRateThreshold, slowCallRateThreshold, combinedRateThreshold } = thresholds;
  const each = [`${percent(failureRateThreshold)} of them fail`, `${percent(slowCallRateThreshold)} are slow`];
  if (combinedRateThreshold !== undefined) each.push(`${percent(combinedRateThreshold)} fail or are slow`);
  return each.join(' or ');
}

function percent(rate: number): string {
  return `${Math.round(rate * 10) / 10} %`;
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
