import { Controller, Get, Inject, NotFoundException, VERSION_NEUTRAL } from '@nestjs/common';
import type { AnyCircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import { registryToken } from '../../core/policies.ts';
import { Application } from './application.ts';
import type { CircuitBreakerWindowResponse, CircuitBreakerWindowsResponse } from './responses.ts';

/** Returns the contents of the windows of all circuit breakers. */
@Controller({ version: VERSION_NEUTRAL })
export class CircuitBreakerWindowsController {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  @Get('circuitbreakerwindows')
  list(): CircuitBreakerWindowsResponse {
    const registry = this.#application.find(registryToken('circuitBreaker'));
    if (registry === undefined) throw new NotFoundException('This application has no CircuitBreakerRegistry.');
    const all = registry.all().toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { circuitBreakers: Object.fromEntries(all.map((each) => [each.name, describe(each)])) };
  }
}

function describe(circuitBreaker: AnyCircuitBreaker): CircuitBreakerWindowResponse {
  const { state, admissionPercentage, remainingMs = null, metrics, config, window = null } = circuitBreaker;
  return {
    state,
    admissionPercentage,
    remainingMs,
    metrics,
    thresholds: {
      failureRate: config.failureRateThreshold,
      slowCallRate: config.slowCallRateThreshold,
      combinedRate: config.combinedRateThreshold ?? null,
      slowCallDurationMs: config.slowCallDurationThreshold,
      minimumNumberOfCalls: config.minimumNumberOfCalls,
      permittedNumberOfCallsInHalfOpenState: config.permittedNumberOfCallsInHalfOpenState,
    },
    window,
  };
}
