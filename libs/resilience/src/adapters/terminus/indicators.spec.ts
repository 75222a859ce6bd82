import { Controller, Get, Inject } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import { createRegistry, registryToken, type PolicyRegistry } from '../../core/policies.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import {
  CircuitBreakerHealthIndicator,
  RateLimiterHealthIndicator,
  type InstanceHealthSettings,
} from './indicators.ts';

const settings = new Map<string, InstanceHealthSettings>();
const settingsOf = (name: string): InstanceHealthSettings | undefined => settings.get(name);

@Controller('health')
class HealthController {
  readonly #health: HealthCheckService;
  readonly #circuitBreakers: CircuitBreakerHealthIndicator;
  readonly #rateLimiters: RateLimiterHealthIndicator;

  constructor(
    @Inject(HealthCheckService) health: HealthCheckService,
    @Inject(CircuitBreakerHealthIndicator) circuitBreakers: CircuitBreakerHealthIndicator,
    @Inject(RateLimiterHealthIndicator) rateLimiters: RateLimiterHealthIndicator,
  ) {
    this.#health = health;
    this.#circuitBreakers = circuitBreakers;
    this.#rateLimiters = rateLimiters;
  }

  @HealthCheck()
  @Get('ready')
  ready() {
    return this.#health.check([
      () => this.#circuitBreakers.isHealthy('circuitBreakers'),
      () => this.#rateLimiters.isHealthy('rateLimiters'),
    ]);
  }

  @HealthCheck()
  @Get('configured')
  configured() {
    return this.#health.check([
      () => this.#circuitBreakers.isHealthy('circuitBreakers', settingsOf),
      () => this.#rateLimiters.isHealthy('rateLimiters', settingsOf),
    ]);
  }
}

let app: NestFastifyApplication;
let circuitBreakers: PolicyRegistry<'circuitBreaker'>;
let rateLimiters: PolicyRegistry<'rateLimiter'>;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  settings.clear();
  circuitBreakers = createRegistry('circuitBreaker', {}, { clock });
  rateLimiters = createRegistry('rateLimiter', {}, { clock });
  const module = await Test.createTestingModule({
    imports: [TerminusModule.forRoot({ logger: false })],
    controllers: [HealthController],
    providers: [
      { provide: registryToken('circuitBreaker'), useValue: circuitBreakers },
      { provide: registryToken('rateLimiter'), useValue: rateLimiters },
      CircuitBreakerHealthIndicator,
      RateLimiterHealthIndicator,
    ],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});

afterEach(() => app.close());

async function get(path: 'ready' | 'configured') {
  const { status, body } = await request(app.getHttpServer()).get(`/health/${path}`);
  return { status, details: (body as { readonly details: Readonly<Record<string, unknown>> }).details };
}

describe('CircuitBreakerHealthIndicator', () => {
  it('responds with the metrics of each circuit breaker, in the format of Resilience4j', async () => {
    const customer = circuitBreakers.getOrCreate('customer', {
      slidingWindowSize: 3,
      failureRateThreshold: 42.857_143,
      slowCallDurationThreshold: 100,
    });
    customer.onError(500, new Error('slow and down'));
    customer.onSuccess(1);
    customer.onSuccess(1);
    circuitBreakers.getOrCreate('ledger');

    const { status, details } = await get('ready');

    expect(status).toBe(200);
    expect(details['circuitBreakers']).toStrictEqual({
      status: 'up',
      details: {
        customer: {
          status: 'UP',
          details: {
            failureRate: '33.333332%',
            failureRateThreshold: '42.857143%',
            slowCallRate: '33.333332%',
            slowCallRateThreshold: '100.0%',
            bufferedCalls: 3,
            slowCalls: 1,
            slowFailedCalls: 1,
            failedCalls: 1,
            notPermittedCalls: 0,
            state: 'CLOSED',
          },
        },
        ledger: {
          status: 'UP',
          details: expect.objectContaining({ failureRate: '-1.0%', bufferedCalls: 0, state: 'CLOSED' }) as unknown,
        },
      },
    });
  });

  it('is degraded and does not fail while all circuit breakers are open', async () => {
    const customer = circuitBreakers.getOrCreate('customer');
    customer.transitionToOpenState();
    customer.tryAcquirePermission();

    const { status, details } = await get('ready');

    expect(status).toBe(200);
    expect(details['circuitBreakers']).toMatchObject({
      status: 'degraded',
      details: { customer: { status: 'CIRCUIT_OPEN', details: { state: 'OPEN', notPermittedCalls: 1 } } },
    });
  });

  it('is down while a circuit breaker with allowHealthIndicatorToFail is OPEN, and degraded in HALF_OPEN', async () => {
    settings.set('customer', { registerHealthIndicator: true, allowHealthIndicatorToFail: true });
    settings.set('ledger', { registerHealthIndicator: true });
    circuitBreakers.getOrCreate('ledger').transitionToOpenState();
    const customer = circuitBreakers.getOrCreate('customer');

    customer.transitionToOpenState();
    const open = await get('configured');
    customer.transitionToHalfOpenState();
    const halfOpen = await get('configured');

    expect(open.status).toBe(503);
    expect(open.details['circuitBreakers']).toMatchObject({
      status: 'down',
      details: { customer: { status: 'DOWN' }, ledger: { status: 'CIRCUIT_OPEN' } },
    });
    expect(halfOpen.status).toBe(200);
    expect(halfOpen.details['circuitBreakers']).toMatchObject({
      status: 'degraded',
      details: { customer: { status: 'CIRCUIT_HALF_OPEN' } },
    });
  });

  it('omits instances without registerHealthIndicator', async () => {
    settings.set('customer', { registerHealthIndicator: true });
    settings.set('ledger', { allowHealthIndicatorToFail: true });
    for (const name of ['customer', 'ledger', 'archive']) circuitBreakers.getOrCreate(name);
    circuitBreakers.getOrCreate('ledger').transitionToOpenState();

    const { status, details } = await get('configured');

    expect(status).toBe(200);
    expect(details['circuitBreakers']).toStrictEqual({
      status: 'up',
      details: { customer: expect.anything() as unknown },
    });
  });

  it('omits partitions, one of which may be open', async () => {
    circuitBreakers.getOrCreate('customer');
    circuitBreakers.partition('customer', 'tenant').transitionToOpenState();

    const { details } = await get('ready');

    expect(details['circuitBreakers']).toStrictEqual({
      status: 'up',
      details: { customer: expect.anything() as unknown },
    });
  });

  it.each<[StateName, (name: string) => void]>([
    ['FORCED_OPEN', (name) => circuitBreakers.getOrCreate(name).transitionToForcedOpenState()],
    ['DISABLED', (name) => circuitBreakers.getOrCreate(name).transitionToDisabledState()],
    ['METRICS_ONLY', (name) => circuitBreakers.getOrCreate(name).transitionToMetricsOnlyState()],
  ])('shows UNKNOWN and does not fail in %s', async (state, enter) => {
    settings.set('customer', { registerHealthIndicator: true, allowHealthIndicatorToFail: true });
    enter('customer');

    const { status, details } = await get('configured');

    expect(status).toBe(200);
    expect(details['circuitBreakers']).toMatchObject({
      details: { customer: { status: 'UNKNOWN', details: { state } } },
    });
  });
});

describe('RateLimiterHealthIndicator', () => {
  const calls = (name: string, number: number): void => {
    for (let call = 0; call < number; call++) {
      void rateLimiters
        .getOrCreate(name)
        .execute(() => 'well')
        .catch(() => {});
    }
  };

  it('shows UP while there are permissions, and UNKNOWN while callers wait for the next period', async () => {
    const options = { limitForPeriod: 1, limitRefreshPeriod: '1s', timeoutDuration: '2s' } as const;
    rateLimiters.getOrCreate('customer', options);

    const before = await get('ready');
    calls('customer', 2);
    const waiting = await get('ready');

    expect(before.details['rateLimiters']).toStrictEqual({
      status: 'up',
      details: { customer: { status: 'UP', details: { availablePermissions: 1, numberOfWaitingThreads: 0 } } },
    });
    expect(waiting.details['rateLimiters']).toStrictEqual({
      status: 'up',
      details: { customer: { status: 'UNKNOWN', details: { availablePermissions: -1, numberOfWaitingThreads: 1 } } },
    });
  });

  it('shows RATE_LIMITED when the next call would be rejected, and DOWN with allowHealthIndicatorToFail', async () => {
    const options = { limitForPeriod: 1, limitRefreshPeriod: '1s', timeoutDuration: '1s' } as const;
    rateLimiters.getOrCreate('customer', options);
    calls('customer', 2);

    settings.set('customer', { registerHealthIndicator: true });
    const shown = await get('configured');
    settings.set('customer', { registerHealthIndicator: true, allowHealthIndicatorToFail: true });
    const failing = await get('configured');

    expect(shown.status).toBe(200);
    expect(shown.details['rateLimiters']).toMatchObject({ details: { customer: { status: 'RATE_LIMITED' } } });
    expect(failing.status).toBe(503);
    expect(failing.details['rateLimiters']).toMatchObject({ details: { customer: { status: 'DOWN' } } });
  });
});
