import type { PolicyRegistry } from '@breakwater/resilience';
import { InjectRegistry } from '@breakwater/resilience/nest';
import type { ServiceHealthIndicator } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';

/**
 * The circuit breaker in front of customer, with the numbers that Resilience4j's health indicator has. They are told and
 * no more: account does its work without customer, and taking account out of rotation or restarting it would heal nobody.
 */
@Injectable()
export class CustomerIndicator implements ServiceHealthIndicator {
  readonly key = 'customer';
  readonly isInformative = true;

  constructor(
    @InjectRegistry('circuitBreaker') private readonly registry: PolicyRegistry<'circuitBreaker'>,
    private readonly results: HealthIndicatorService,
  ) {}

  check(): HealthIndicatorResult {
    const { state, config, metrics } = this.registry.getOrCreate('customer');
    const result = this.results.check(this.key);
    const detail = {
      circuitBreaker: state,
      failureRate: metrics.failureRate,
      failureRateThreshold: config.failureRateThreshold,
      slowCallRate: metrics.slowCallRate,
      slowCallRateThreshold: config.slowCallRateThreshold,
      bufferedCalls: metrics.bufferedCalls,
      failedCalls: metrics.failedCalls,
      slowCalls: metrics.slowCalls,
      notPermittedCalls: metrics.notPermittedCalls,
    };
    return state === 'CLOSED' ? result.up(detail) : result.degraded(detail);
  }
}
