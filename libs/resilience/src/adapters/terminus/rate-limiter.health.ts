import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { registryToken, type PolicyRegistry } from '../../core/policies.ts';
import type { RateLimiter } from '../../core/rate-limiter/rate-limiter.ts';
import { type HealthSettings, showAll } from './health-settings.ts';
import { healthOf, type InstanceHealth } from './instance-health.ts';

const nanosInMs = 1e6;

/**
 * The rate limiters of the application for a health check, in the shape of Resilience4j's `RateLimitersHealthIndicator`.
 * One that refuses calls is shown; only with `allowHealthIndicatorToFail` does it make the check fail.
 */
@Injectable()
export class RateLimiterHealthIndicator {
  readonly #service: HealthIndicatorService;
  readonly #registry: PolicyRegistry<'rateLimiter'>;

  constructor(
    @Inject(HealthIndicatorService) service: HealthIndicatorService,
    @Inject(registryToken('rateLimiter')) registry: PolicyRegistry<'rateLimiter'>,
  ) {
    this.#service = service;
    this.#registry = registry;
  }

  /**
   * @param key what to call it in the answer
   * @param settings of each instance; without them all are shown, and none makes the check fail
   */
  isHealthy<const Key extends string>(key: Key, settings: HealthSettings = showAll): HealthIndicatorResult<Key> {
    return healthOf(this.#service, key, this.#registry.all(), settings, healthOfRateLimiter);
  }
}

function healthOfRateLimiter({ config, metrics }: RateLimiter, mayFail: boolean): InstanceHealth {
  const { availablePermissions, numberOfWaitingThreads, nanosToWait } = metrics;
  const details = { availablePermissions, numberOfWaitingThreads };
  if (availablePermissions > 0 || numberOfWaitingThreads === 0) return { status: 'UP', details };

  const wouldRefuse = nanosToWait > config.timeoutDuration * nanosInMs;
  if (!wouldRefuse) return { status: 'UNKNOWN', details };
  return { status: mayFail ? 'DOWN' : 'RATE_LIMITED', details };
}
