import { MetricsRegistry } from '@breakwater/service-kit';
import {
  AdaptiveConcurrencyLimiterRegistry,
  BulkheadRegistry,
  CachedFallbackRegistry,
  CircuitBreakerRegistry,
  FallbackRegistry,
  HedgeRegistry,
  RateLimiterRegistry,
  RetryBudgetRegistry,
  RetryRegistry,
  TimeLimiterRegistry,
  systemClock,
} from '@breakwater/resilience';
import type { DiagnosisSource, PatternRegistries, ResilienceRegistries } from '@breakwater/resilience/nest';
import { Logger } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ResilienceTelemetry } from './resilience-telemetry.ts';

function telemetryOf() {
  const patterns: PatternRegistries = {
    circuitBreaker: new CircuitBreakerRegistry(),
    retry: new RetryRegistry(),
    retryBudget: new RetryBudgetRegistry(),
    rateLimiter: new RateLimiterRegistry(),
    timeLimiter: new TimeLimiterRegistry(),
    bulkhead: new BulkheadRegistry(),
    adaptiveConcurrencyLimiter: new AdaptiveConcurrencyLimiterRegistry(),
    hedge: new HedgeRegistry(),
    fallback: new FallbackRegistry(),
    cachedFallback: new CachedFallbackRegistry(),
  };
  const metrics = new MetricsRegistry();
  const finding = {
    instance: 'customer',
    code: 'half-open-can-hang',
    severity: 'info',
    message: 'It may hang.',
  } as const;
  const doctor: DiagnosisSource = { diagnosis: () => ({ findings: [finding], traffic: {} }) };
  const log = vi.fn<(...line: unknown[]) => void>();
  Logger.overrideLogger({ log, warn: log, error: log });
  onTestFinished(() => Logger.overrideLogger(false));
  const telemetry = new ResilienceTelemetry({ patterns } as ResilienceRegistries, metrics, doctor, systemClock);
  return { patterns, metrics, log, telemetry };
}

describe('ResilienceTelemetry', () => {
  it('shows and tells of policies that are there, and of those that come later', async () => {
    const { patterns, metrics, log, telemetry } = telemetryOf();
    patterns.timeLimiter.timeLimiter('customer');

    telemetry.onModuleInit();
    patterns.circuitBreaker.circuitBreaker('customer').transitionToOpenState();

    const shown = await metrics.metrics();
    expect(shown).toContain('resilience4j_timelimiter_calls_total{name="customer",kind="timeout"} 0');
    expect(shown).toContain('resilience4j_circuitbreaker_state{name="customer",state="open"} 1');
    expect(shown).toContain('breakwater_doctor_findings{name="customer",code="half-open-can-hang",severity="info"} 1');
    expect(log.mock.calls).toEqual([
      [
        expect.objectContaining({ circuitBreaker: 'customer', toState: 'OPEN' }),
        expect.stringContaining("CircuitBreaker 'customer' went from CLOSED to OPEN"),
        'CircuitBreaker',
      ],
    ]);
    telemetry.onApplicationShutdown();
  });

  it('leaves nothing behind when the application ends', async () => {
    const { patterns, metrics, log, telemetry } = telemetryOf();
    telemetry.onModuleInit();
    const circuitBreaker = patterns.circuitBreaker.circuitBreaker('customer');

    telemetry.onApplicationShutdown();
    circuitBreaker.transitionToOpenState();

    expect(await metrics.metrics()).not.toContain('resilience4j');
    expect(log).not.toHaveBeenCalled();
  });
});
