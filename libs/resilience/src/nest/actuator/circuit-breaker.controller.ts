import {
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  Inject,
  Logger,
  NotFoundException,
  Param,
  Post,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { AnyCircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import { UnsupportedByEngineError } from '../../core/circuit-breaker/circuit-breaker.errors.ts';
import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import { registryToken } from '../../core/policies.ts';
import { Application } from './application.ts';
import type { CircuitBreakerWindowResponse, CircuitBreakerWindowsResponse } from './responses.ts';
import { TokenGuard } from './token.guard.ts';
import { requestedUpdate } from './update-state.ts';

/** Resilience4j's `CircuitBreakerUpdateStateResponse`. */
export interface CircuitBreakerUpdateStateResponse {
  readonly circuitBreakerName: string;
  readonly currentState: StateName;
  readonly message: string;
}

const updates: Readonly<Record<string, (circuitBreaker: AnyCircuitBreaker) => void>> = {
  CLOSE: (circuitBreaker) => circuitBreaker.transitionToClosedState(),
  FORCE_OPEN: (circuitBreaker) => circuitBreaker.transitionToForcedOpenState(),
  DISABLE: (circuitBreaker) => circuitBreaker.transitionToDisabledState(),
};

/** The endpoints that only circuit breakers have: contents of their windows, and manual state changes. */
@Controller({ version: VERSION_NEUTRAL })
export class CircuitBreakerController {
  readonly #application: Application;
  readonly #logger = new Logger('ResilienceActuator');

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  @Get('circuitbreakerwindows')
  windows(): CircuitBreakerWindowsResponse {
    const registry = this.#application.find(registryToken('circuitBreaker'));
    if (registry === undefined) throw new NotFoundException('This application has no CircuitBreakerRegistry.');
    const all = registry.all().toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { circuitBreakers: Object.fromEntries(all.map((each) => [each.name, describeWindow(each)])) };
  }

  /** Unlike Resilience4j, responds with 404 if the circuit breaker does not exist, and does not create it. */
  @Post('circuitbreakers/:name')
  @HttpCode(200)
  @UseGuards(TokenGuard)
  update(@Param('name') name: string, @Body() body: unknown): CircuitBreakerUpdateStateResponse {
    const circuitBreaker = this.#find(name);
    const [wanted, update] = requestedUpdate(body, updates);
    this.#logger.warn(`Requested update of CircuitBreaker '${name}': ${wanted}. It was ${circuitBreaker.state}.`);
    try {
      update(circuitBreaker);
    } catch (error) {
      if (error instanceof UnsupportedByEngineError) throw new ConflictException(error.message);
      throw error;
    }
    const message = `${name} state has been changed successfully`;
    return { circuitBreakerName: name, currentState: circuitBreaker.state, message };
  }

  #find(name: string): AnyCircuitBreaker {
    const registry = this.#application.find(registryToken('circuitBreaker'));
    const found = registry?.find(name);
    if (found !== undefined) return found;
    const known = registry?.all().map((circuitBreaker) => circuitBreaker.name) ?? [];
    const list = known.length === 0 ? 'none' : known.join(', ');
    throw new NotFoundException(`There is no circuit breaker named ${name}. Existing circuit breakers: ${list}.`);
  }
}

function describeWindow(circuitBreaker: AnyCircuitBreaker): CircuitBreakerWindowResponse {
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
