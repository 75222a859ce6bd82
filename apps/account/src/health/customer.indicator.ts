import type { HealthIndicator, HealthReport } from '@breakwater/service-kit';
import { CircuitBreakerRegistry } from '@breakwater/resilience';
import { Injectable } from '@nestjs/common';

/**
 * The circuit breaker in front of customer, with the numbers that Resilience4j's health indicator has. They are told and
 * no more: account does its work without customer, and taking account out of rotation or restarting it would heal nobody.
 */
@Injectable()
export class CustomerIndicator implements HealthIndicator {
  readonly key = 'customer';

  constructor(private readonly registry: CircuitBreakerRegistry) {}

  async check(): Promise<HealthReport> {
    const { state, config, metrics } = this.registry.circuitBreaker('customer');
    return {
      status: state === 'CLOSED' ? 'up' : 'degraded',
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
  }
}
