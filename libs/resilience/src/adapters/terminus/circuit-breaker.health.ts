import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { AnyCircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import { registryToken, type PolicyRegistry } from '../../core/policies.ts';
import { type HealthSettings, showAll } from './health-settings.ts';
import { healthOf, type InstanceHealth } from './instance-health.ts';

/**
 * The circuit breakers of the application for a health check, in the shape of Resilience4j's
 * `CircuitBreakersHealthIndicator`.
 *
 * An open circuit breaker is shown, and the check stays up: the fault is the dependency's, and taking this application out
 * of service heals nothing. Only an instance with `allowHealthIndicatorToFail` makes it fail.
 *
 * @example
 * @HealthCheck()
 * @Get('ready')
 * ready() {
 *   return this.health.check([() => this.circuitBreakers.isHealthy('circuitBreakers')]);
 * }
 */
@Injectable()
export class CircuitBreakerHealthIndicator {
  readonly #service: HealthIndicatorService;
  readonly #registry: PolicyRegistry<'circuitBreaker'>;

  constructor(
    @Inject(HealthIndicatorService) service: HealthIndicatorService,
    @Inject(registryToken('circuitBreaker')) registry: PolicyRegistry<'circuitBreaker'>,
  ) {
    this.#service = service;
    this.#registry = registry;
  }

  /**
   * @param key what to call it in the answer
   * @param settings of each instance; without them all are shown, and none makes the check fail
   */
  isHealthy<const Key extends string>(key: Key, settings: HealthSettings = showAll): HealthIndicatorResult<Key> {
    return healthOf(this.#service, key, this.#registry.all(), settings, healthOfBreaker);
  }
}

function healthOfBreaker(breaker: AnyCircuitBreaker, mayFail: boolean): InstanceHealth {
  const { config, metrics, state } = breaker;
  return {
    status: statusOf(breaker, mayFail),
    details: {
      failureRate: percent(metrics.failureRate),
      failureRateThreshold: percent(config.failureRateThreshold),
      slowCallRate: percent(metrics.slowCallRate),
      slowCallRateThreshold: percent(config.slowCallRateThreshold),
      bufferedCalls: metrics.bufferedCalls,
      slowCalls: metrics.slowCalls,
      slowFailedCalls: metrics.slowFailedCalls,
      failedCalls: metrics.failedCalls,
      notPermittedCalls: metrics.notPermittedCalls,
      state,
    },
  };
}

/** As in Resilience4j: the states that somebody has chosen are unknown, whatever they do to calls. */
function statusOf({ state }: AnyCircuitBreaker, mayFail: boolean): InstanceHealth['status'] {
  switch (state) {
    case 'CLOSED':
      return 'UP';
    case 'OPEN':
      return mayFail ? 'DOWN' : 'CIRCUIT_OPEN';
    case 'HALF_OPEN':
      return 'CIRCUIT_HALF_OPEN';
    case 'FORCED_OPEN':
    case 'DISABLED':
    case 'METRICS_ONLY':
      return 'UNKNOWN';
  }
}

/** As Java prints a 32-bit float: the fewest digits that tell it from its neighbours, and at least one decimal. */
function percent(rate: number): string {
  let digits = 1;
  while (digits < 9 && Math.fround(Number(rate.toPrecision(digits))) !== Math.fround(rate)) digits++;
  const shortest = Number(rate.toPrecision(digits));
  return `${Number.isInteger(shortest) ? shortest.toFixed(1) : shortest}%`;
}
