import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { AnyCircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import { registryToken, type PolicyRegistry } from '../../core/policies.ts';
import type { RateLimiter } from '../../core/rate-limiter/rate-limiter.ts';

/** The two settings of Resilience4j for the health of an instance. Each may be left out. */
export interface InstanceHealthSettings {
  /** Whether the instance is shown. False by default. */
  readonly registerHealthIndicator?: boolean | undefined;
  /** Whether it fails the check while it refuses calls. False by default: a restart repairs no dependency. */
  readonly allowHealthIndicatorToFail?: boolean | undefined;
}

/** The settings of an instance by its name, e.g. from configuration; `undefined` for all defaults. */
export type HealthSettings = (name: string) => InstanceHealthSettings | undefined;

/** Shows all instances, none of which fails the check. */
const showAll: HealthSettings = () => ({ registerHealthIndicator: true });

/** The health of one instance as Resilience4j shows it, which dashboards for Spring Boot understand. */
export interface InstanceHealth {
  readonly status: 'UP' | 'DOWN' | 'UNKNOWN' | 'CIRCUIT_OPEN' | 'CIRCUIT_HALF_OPEN' | 'RATE_LIMITED';
  readonly details: Readonly<Record<string, string | number>>;
}

/** The instances that refuse calls, but do not fail the check. */
const degraded: ReadonlySet<InstanceHealth['status']> = new Set(['CIRCUIT_OPEN', 'CIRCUIT_HALF_OPEN', 'RATE_LIMITED']);

type Check<Key extends string> = ReturnType<typeof HealthIndicatorService.prototype.check<Key>>;

/** Terminus 11 has only `up` and `down`. The details show what is degraded. */
const hasDegraded = <Key extends string>(check: Check<Key>): boolean => 'degraded' in check;

/** The part of a registry that is needed for health. */
interface ObservedRegistry<P> {
  all(): readonly P[];
  /** Left out by a registry without partitions. */
  partitionOf?(name: string): object | undefined;
}

/**
 * The health of all instances of a registry: that of the unhealthiest. Partitions are left out: there may be many, and one
 * that refuses calls, e.g. those of a tenant, says nothing about the others.
 */
export class RegistryHealthIndicator<P extends { readonly name: string }> {
  readonly #service: HealthIndicatorService;
  readonly #registry: ObservedRegistry<P>;
  readonly #healthOf: (instance: P, mayFail: boolean) => InstanceHealth;

  /** @param healthOf `mayFail` says whether the instance may be DOWN, which fails the check */
  constructor(
    service: HealthIndicatorService,
    registry: ObservedRegistry<P>,
    healthOf: (instance: P, mayFail: boolean) => InstanceHealth,
  ) {
    this.#service = service;
    this.#registry = registry;
    this.#healthOf = healthOf;
  }

  /**
   * @param key the name of the result in the response
   * @param settings of each instance; by default all are shown, and none fails the check
   */
  isHealthy<const Key extends string>(key: Key, settings: HealthSettings = showAll): HealthIndicatorResult<Key> {
    const details: Record<string, InstanceHealth> = {};
    for (const instance of this.#registry.all()) {
      if (this.#registry.partitionOf?.(instance.name) !== undefined) continue;
      const { registerHealthIndicator = false, allowHealthIndicatorToFail = false } = settings(instance.name) ?? {};
      if (registerHealthIndicator) details[instance.name] = this.#healthOf(instance, allowHealthIndicatorToFail);
    }
    const check = this.#service.check(key);
    const statuses = Object.values(details).map(({ status }) => status);
    if (statuses.includes('DOWN')) return check.down({ details });
    const isDegraded = statuses.some((status) => degraded.has(status));
    return isDegraded && hasDegraded(check) ? check.degraded({ details }) : check.up({ details });
  }
}

/**
 * The circuit breakers of the application for a health check, in the shape of Resilience4j's
 * `CircuitBreakersHealthIndicator`.
 *
 * While one is open, the check is degraded (`up` with Terminus 11) and does not fail: taking this application out of rotation repairs no
 * dependency. Only an instance with `allowHealthIndicatorToFail` fails it.
 *
 * @example
 * @HealthCheck()
 * @Get('ready')
 * ready() {
 *   return this.health.check([() => this.circuitBreakers.isHealthy('circuitBreakers')]);
 * }
 */
@Injectable()
export class CircuitBreakerHealthIndicator extends RegistryHealthIndicator<AnyCircuitBreaker> {
  constructor(
    @Inject(HealthIndicatorService) service: HealthIndicatorService,
    @Inject(registryToken('circuitBreaker')) registry: PolicyRegistry<'circuitBreaker'>,
  ) {
    super(service, registry, healthOfBreaker);
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

/** As in Resilience4j: states that an operator has chosen are UNKNOWN, whether they permit calls or not. */
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

/** As Java prints a 32-bit float: the fewest digits that identify it, and at least one decimal. */
function percent(rate: number): string {
  let digits = 1;
  while (digits < 9 && Math.fround(Number(rate.toPrecision(digits))) !== Math.fround(rate)) digits++;
  const shortest = Number(rate.toPrecision(digits));
  return `${Number.isInteger(shortest) ? shortest.toFixed(1) : shortest}%`;
}

const nanosInMs = 1e6;

/**
 * The rate limiters of the application for a health check, in the shape of Resilience4j's
 * `RateLimitersHealthIndicator`. While one refuses calls, the check is degraded; it fails only with
 * `allowHealthIndicatorToFail`.
 */
@Injectable()
export class RateLimiterHealthIndicator extends RegistryHealthIndicator<RateLimiter> {
  constructor(
    @Inject(HealthIndicatorService) service: HealthIndicatorService,
    @Inject(registryToken('rateLimiter')) registry: PolicyRegistry<'rateLimiter'>,
  ) {
    super(service, registry, healthOfRateLimiter);
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
