import { Controller, Get, Inject, NotFoundException, VERSION_NEUTRAL } from '@nestjs/common';
import type { AnyCircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import type { CircuitBreakerMetrics } from '../../core/circuit-breaker/circuit-breaker.metrics.ts';
import { CircuitBreakerRegistry } from '../../core/circuit-breaker/circuit-breaker.registry.ts';
import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import type { WindowContents } from '../../core/circuit-breaker/sliding-window.ts';
import { Application } from './application.ts';

/** What a picture of a circuit breaker needs. Beyond Resilience4j, whose `CircuitBreakerDetails` has no room for it. */
export interface CircuitBreakerWindowResponse {
  readonly state: StateName;
  /** The share of calls that are let through, in percent; between 0 and 100 on the way up. */
  readonly admissionPercentage: number;
  /** How long until the clock ends the present state; `null` when no clock does. */
  readonly remainingMs: number | null;
  /** Rates in percent; -1 while there are too few calls for a rate. */
  readonly metrics: CircuitBreakerMetrics;
  readonly thresholds: {
    readonly failureRate: number;
    readonly slowCallRate: number;
    /** `null` where this rate opens nothing. */
    readonly combinedRate: number | null;
    readonly slowCallDurationMs: number;
    /** How many calls a rate takes, as it was configured. */
    readonly minimumNumberOfCalls: number;
    readonly permittedNumberOfCallsInHalfOpenState: number;
  };
  /** `null` on an engine that does not tell single calls. */
  readonly window: WindowContents | null;
}

/** Tells what the windows of all circuit breakers hold, for whoever draws them. */
@Controller({ version: VERSION_NEUTRAL })
export class CircuitBreakerWindowsController {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  @Get('circuitbreakerwindows')
  list(): { readonly circuitBreakers: Readonly<Record<string, CircuitBreakerWindowResponse>> } {
    const registry = this.#application.find(CircuitBreakerRegistry);
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
