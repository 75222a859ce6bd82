import { MetricsRegistry } from '@breakwater/service-kit';
import type { Clock, Unsubscribe } from '@breakwater/resilience';
import { logTransitions } from '@breakwater/resilience/logging';
import { DiagnosisSource, ResilienceRegistries } from '@breakwater/resilience/nest';
import { bindFindings, bindToPrometheus } from '@breakwater/resilience/prometheus';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

/**
 * Shows what the policies do: as metrics for Prometheus, the doctor's findings among them, and
 * as a line in the log for each state transition.
 */
export class ResilienceTelemetry implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('CircuitBreaker');
  private ends: readonly Unsubscribe[] = [];

  constructor(
    private readonly registries: ResilienceRegistries,
    private readonly metrics: MetricsRegistry,
    private readonly doctor: DiagnosisSource,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    const { policies } = this.registries;
    const shown = {
      circuitBreakerRegistry: policies.circuitBreaker,
      retryRegistry: policies.retry,
      retryBudgetRegistry: policies.retryBudget,
      rateLimiterRegistry: policies.rateLimiter,
      timeLimiterRegistry: policies.timeLimiter,
      bulkheadRegistry: policies.bulkhead,
      adaptiveConcurrencyLimiterRegistry: policies.adaptiveConcurrencyLimiter,
      hedgeRegistry: policies.hedge,
      fallbackRegistry: policies.fallback,
      cachedFallbackRegistry: policies.cachedFallback,
    };
    this.ends = [
      bindToPrometheus(shown, this.metrics, { clock: this.clock }),
      bindFindings(() => this.doctor.diagnosis().findings, this.metrics),
      logTransitions(policies.circuitBreaker, {
        info: (message, fields) => this.logger.log(fields, message),
        warn: (message, fields) => this.logger.warn(fields, message),
      }),
    ];
  }

  onApplicationShutdown(): void {
    for (const end of this.ends) end();
  }
}
