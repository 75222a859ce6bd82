import type { HealthIndicator, HealthReport } from '@breakwater/chassis';
import { CircuitBreakerRegistry } from '@breakwater/resilience';
import { Injectable } from '@nestjs/common';

/**
 * What the circuit breaker in front of customer says. It is told and no more: account does its work without customer,
 * and taking account out of rotation or restarting it would heal nobody.
 */
@Injectable()
export class CustomerIndicator implements HealthIndicator {
  readonly key = 'customer';

  constructor(private readonly registry: CircuitBreakerRegistry) {}

  async check(): Promise<HealthReport> {
    const circuitBreaker = this.registry.circuitBreaker('customer').state;
    return { status: circuitBreaker === 'CLOSED' ? 'up' : 'degraded', circuitBreaker };
  }
}
