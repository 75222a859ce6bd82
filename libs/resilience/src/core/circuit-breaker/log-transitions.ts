import type { StateTransitionEvent } from './circuit-breaker.events.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { formatDuration } from '../duration.ts';
import type { Unsubscribe } from '../events.ts';
import { type FollowableRegistry, followRegistry } from '../follow-registry.ts';

/** A circuit breaker whose transitions are described. */
export type DescribedBreaker = Pick<CircuitBreaker, 'name' | 'config' | 'metrics' | 'remainingMs'>;

/** `warn`: calls are refused, or the protection was turned off by hand. `info`: the circuit breaker recovers. */
export type LogLevel = 'info' | 'warn';

/** A transition as a message for people and fields for machines. */
export interface TransitionDescription {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The target of log lines. A function per level adapts pino, winston or Nest's logger. */
export type Logger = Readonly<
  Record<LogLevel, (message: string, fields: Readonly<Record<string, unknown>>) => unknown>
>;

/**
 * Logs one line for each state transition of each circuit breaker of a registry, including later ones.
 *
 * @returns stops the logging
 * @example
 * const logger = new Logger('Resilience');
 * logTransitions(registry, {
 *   info: (message, fields) => logger.log({ message, ...fields }),
 *   warn: (message, fields) => logger.warn({ message, ...fields }),
 * });
 */
export function logTransitions(
  registry: FollowableRegistry<DescribedBreaker & Pick<CircuitBreaker, 'on'>>,
  logger: Logger,
): Unsubscribe {
  return followRegistry(registry, (breaker) =>
    breaker.on('STATE_TRANSITION', (event) => {
      const { level, message, fields } = describeTransition(breaker, event);
      return logger[level](message, fields);
    }),
  );
}

/**
 * Describes a state transition and its cause. Call it in the listener of the event: OPEN still has the window that
 * opened it, other states have a new one.
 */
export function describeTransition(breaker: DescribedBreaker, event: StateTransitionEvent): TransitionDescription {
  const { name, config } = breaker;
  const { fromState, toState } = event;
  const describe = (level: LogLevel, consequence: string, numbers: Readonly<Record<string, unknown>>) => ({
    level,
    message: `CircuitBreaker '${name}' went from ${fromState} to ${toState}: ${consequence}.`,
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
      const calls = count(permittedNumberOfCallsInHalfOpenState, 'trial call');
      return describe('info', `it permits ${calls}`, { ...thresholds, permittedNumberOfCallsInHalfOpenState });
    }
    case 'CLOSED':
      return describe('info', `it permits all calls until ${anyOf(thresholds)}`, thresholds);
    case 'FORCED_OPEN':
      return describe('warn', 'it was opened by hand and refuses all calls until its state is changed', {});
    case 'DISABLED':
      return describe(
        'warn',
        'it was disabled by hand and permits all calls unrecorded until its state is changed',
        {},
      );
    case 'METRICS_ONLY':
      return describe('warn', 'it was set by hand to permit and count all calls until its state is changed', {});
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

  // The event does not contain the cause of the transition.
  const { maxWaitDurationInHalfOpenState: maxWaitMs, transitionToStateAfterWaitDuration: after } = config;
  const mayHaveTimedOut = fromState === 'HALF_OPEN' && maxWaitMs > 0 && after === 'OPEN';
  const timedOut = mayHaveTimedOut ? `HALF_OPEN lasted ${formatDuration(maxWaitMs)}, or it was ` : '';
  return `no rate reached its threshold; ${timedOut}opened by hand or by transitionOnResult`;
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
