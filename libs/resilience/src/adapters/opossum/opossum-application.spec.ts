import { Controller, Get, Inject } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnyCircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import { registryToken } from '../../core/policies.ts';
import { ResilienceActuatorModule } from '../../nest/actuator/actuator.module.ts';
import { CircuitBreaker } from '../../nest/decorators.ts';
import { InjectPolicy } from '../../nest/inject.decorators.ts';
import { ResilienceModule } from '../../nest/resilience.module.ts';
import { logTransitions } from '../../core/circuit-breaker/log-transitions.ts';
import { bindToPrometheus } from '../prometheus/bind-to-prometheus.ts';
import { CircuitBreakerHealthIndicator } from '../terminus/indicators.ts';
import { OpossumCircuitBreaker, opossumEngine } from './opossum-circuit-breaker.ts';

const configuration = `
resilience4j.circuitbreaker:
  instances:
    customer:
      engine: opossum
      slidingWindowType: TIME_BASED
      slidingWindowSize: 10
      minimumNumberOfCalls: 3
      waitDurationInOpenState: 1m
`;

class CustomerClient {
  readonly breaker: AnyCircuitBreaker;
  calls = 0;

  constructor(@InjectPolicy('circuitBreaker', 'customer') breaker: AnyCircuitBreaker) {
    this.breaker = breaker;
  }

  @CircuitBreaker({ name: 'customer', fallbackMethod: 'unverified' })
  async verify(id: string): Promise<string> {
    this.calls++;
    if (id === 'c-0') throw new Error('outage');
    return `${id} is verified`;
  }

  async unverified(id: string): Promise<string> {
    return `${id} is unverified`;
  }
}

@Controller('health')
class HealthController {
  readonly #health: HealthCheckService;
  readonly #circuitBreakers: CircuitBreakerHealthIndicator;

  constructor(
    @Inject(HealthCheckService) health: HealthCheckService,
    @Inject(CircuitBreakerHealthIndicator) circuitBreakers: CircuitBreakerHealthIndicator,
  ) {
    this.#health = health;
    this.#circuitBreakers = circuitBreakers;
  }

  @HealthCheck()
  @Get('ready')
  ready() {
    return this.#health.check([() => this.#circuitBreakers.isHealthy('circuitBreakers')]);
  }
}

describe('an application with a circuit breaker on opossum', () => {
  let folder: string;
  let application: NestFastifyApplication;
  let client: CustomerClient;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'breakwater-opossum-'));
    const file = join(folder, 'resilience.yml');
    await writeFile(file, configuration);
    const testing = await Test.createTestingModule({
      imports: [
        ResilienceModule.forRoot({ env: {}, configFiles: [file], engines: { opossum: opossumEngine } }),
        ResilienceActuatorModule.forRoot({ token: 'open-sesame' }),
        TerminusModule,
      ],
      controllers: [HealthController],
      providers: [CustomerClient, CircuitBreakerHealthIndicator],
    }).compile();
    application = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await application.init();
    await application.getHttpAdapter().getInstance().ready();
    client = application.get(CustomerClient);
  });

  afterEach(async () => {
    application.get(registryToken('circuitBreaker')).dispose();
    await application.close();
    await rm(folder, { recursive: true });
  });

  async function fail(): Promise<void> {
    expect(await client.verify('c-1')).toBe('c-1 is verified');
    for (let call = 0; call < 2; call++) expect(await client.verify('c-0')).toBe('c-0 is unverified');
  }

  it('protects decorated methods, calls their fallback, and injects the circuit breaker by name', async () => {
    expect(client.breaker).toBeInstanceOf(OpossumCircuitBreaker);

    await fail();

    expect(client.breaker.state).toBe('OPEN');
    expect(await client.verify('c-1')).toBe('c-1 is unverified');
    expect(client.calls).toBe(3);
  });

  it('exports the metrics of the circuit breaker', async () => {
    const prometheus = new Registry();
    const unbind = bindToPrometheus({ circuitBreaker: application.get(registryToken('circuitBreaker')) }, prometheus);

    await fail();
    await client.verify('c-1');

    const metrics = await prometheus.metrics();
    expect(metrics).toContain('resilience4j_circuitbreaker_state{name="customer",state="open"} 1');
    expect(metrics).toContain('resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="failed"} 2');
    expect(metrics).toContain('resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="successful"} 1');
    expect(metrics).toContain(
      'resilience4j_circuitbreaker_not_permitted_calls_total{name="customer",kind="not_permitted"} 1',
    );
    unbind();
  });

  it('logs transitions with their cause', async () => {
    const lines: string[] = [];
    const log = (message: string) => lines.push(message);
    const stop = logTransitions(application.get(registryToken('circuitBreaker')), { info: log, warn: log });

    await fail();

    expect(lines).toStrictEqual([
      "CircuitBreaker 'customer' went from CLOSED to OPEN: 66.7 % of calls failed (2 of 3; the threshold is 50 %). It " +
        'refuses calls for 1 min.',
    ]);
    stop();
  });

  it('shows the open circuit breaker in the health check', async () => {
    await fail();

    const { body } = await request(application.getHttpServer()).get('/health/ready').expect(200);

    expect(body).toMatchObject({
      info: { circuitBreakers: { details: { customer: { status: 'CIRCUIT_OPEN', details: { failedCalls: 2 } } } } },
    });
  });

  it('shows the circuit breaker in the actuator, which closes it and rejects FORCE_OPEN', async () => {
    await fail();
    const http = request(application.getHttpServer());
    const change = (updateState: string) =>
      http.post('/actuator/circuitbreakers/customer').set('Authorization', 'Bearer open-sesame').send({ updateState });

    const before = await http.get('/actuator/circuitbreakers').expect(200);
    const events = await http.get('/actuator/circuitbreakerevents/customer').expect(200);
    const refused = await change('FORCE_OPEN');
    const closed = await change('CLOSE');

    expect(before.body).toMatchObject({ circuitBreakers: { customer: { state: 'OPEN', failedCalls: 2 } } });
    expect(events.body.circuitBreakerEvents.map(({ type }: { type: string }) => type)).toStrictEqual([
      'SUCCESS',
      'ERROR',
      'ERROR',
      'FAILURE_RATE_EXCEEDED',
      'STATE_TRANSITION',
    ]);
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('runs on opossum, which does not support transitionToForcedOpenState');
    expect(closed.status).toBe(200);
    expect(client.breaker.state).toBe('CLOSED');
  });
});

describe('An application without the registered engine opossum', () => {
  it('does not start, and the error explains how to register it', async () => {
    const testing = Test.createTestingModule({
      imports: [
        ResilienceModule.forRoot({ env: { RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_ENGINE: 'opossum' } }),
      ],
      providers: [CustomerClient],
    });

    await expect(testing.compile()).rejects.toThrow(
      /customer\.engine is 'opossum', which is not registered here; allowed: sliding-window, or opossum once the package/,
    );
  });
});
