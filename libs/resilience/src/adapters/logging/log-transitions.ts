import type { CircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.ts';
import type { Unsubscribe } from '../../core/events.ts';
import { type FollowableRegistry, followRegistry } from '../../core/follow-registry.ts';
import { type DescribedBreaker, describeTransition, type LogLevel } from './describe-transition.ts';

/** Where lines go: pino, winston and the like fit as they are or by a line of glue. */
export type Logger = Readonly<
  Record<LogLevel, (message: string, fields: Readonly<Record<string, unknown>>) => unknown>
>;

/**
 * Writes one line for each state transition of each circuit breaker, present and future.
 *
 * @returns what ends it
 *
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
