import { MetricsRegistry } from '@breakwater/service-kit';
import { createRegistries, systemClock } from '@breakwater/resilience';
import type { DiagnosisSource, ResilienceRegistries } from '@breakwater/resilience/nest';
import { Logger } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ResilienceTelemetry } from './resilience-telemetry.ts';

function telemetryOf() {
  const policies = createRegistries();
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
  const telemetry = new ResilienceTelemetry({ policies } as ResilienceRegistries, metrics, doctor, systemClock);
  return { policies, metrics, log, telemetry };
}

describe('ResilienceTelemetry', () => {
  it('shows and tells of policies that are there, and of those that come later', async () => {
    const { policies, metrics, log, telemetry } = telemetryOf();
    policies.timeLimiter.getOrCreate('customer');

    telemetry.onModuleInit();
    policies.circuitBreaker.getOrCreate('customer').transitionToOpenState();

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
    const { policies, metrics, log, telemetry } = telemetryOf();
    telemetry.onModuleInit();
    const circuitBreaker = policies.circuitBreaker.getOrCreate('customer');

    telemetry.onApplicationShutdown();
    circuitBreaker.transitionToOpenState();

    expect(await metrics.metrics()).not.toContain('resilience4j');
    expect(log).not.toHaveBeenCalled();
  });
});
