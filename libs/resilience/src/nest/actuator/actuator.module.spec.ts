import { Logger, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRegistry, registryToken } from '../../core/policies.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { ResilienceModule } from '../resilience.module.ts';
import { type ActuatorModuleOptions, ResilienceActuatorModule } from './actuator.module.ts';

const token = 'open-sesame';
const bearer = ['Authorization', `Bearer ${token}`] as const;
const startedAt = '2023-11-14T22:13:20.000Z';

describe('ResilienceActuatorModule', () => {
  let application: NestFastifyApplication | undefined;

  afterEach(async () => {
    await application?.close();
    application = undefined;
  });

  async function start(options: ActuatorModuleOptions = { token }, imports = [resilience()]) {
    const module = await Test.createTestingModule({
      imports: [...imports, ResilienceActuatorModule.forRoot(options)],
    }).compile();
    application = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await application.init();
    await application.getHttpAdapter().getInstance().ready();
    return { application, http: request(application.getHttpServer()) };
  }

  const clock = new FakeClock();
  const resilience = () =>
    ResilienceModule.forRoot({
      env: {},
      clock,
      circuitBreaker: {
        instances: {
          ledger: {},
          customer: { slidingWindowSize: 3, minimumNumberOfCalls: 3, failureRateThreshold: 70 },
        },
      },
      retry: { instances: { customer: { maxAttempts: 1 } } },
      bulkhead: { instances: { customer: {} } },
      rateLimiter: { instances: { customer: {} } },
      timeLimiter: { instances: { customer: {} } },
    });

  describe('GET circuitbreakers', () => {
    it("responds with the fields of Resilience4j by name, in Resilience4j's order", async () => {
      const { application, http } = await start();
      const customer = application.get(registryToken('circuitBreaker')).getOrCreate('customer');
      customer.onSuccess(1);
      customer.onError(61_000, new Error('down'));
      customer.onError(1, new Error('down'));

      const { text } = await http.get('/actuator/circuitbreakers').expect(200);

      expect(text).toBe(
        JSON.stringify({
          circuitBreakers: {
            customer: {
              failureRate: '66.666664%',
              slowCallRate: '33.333332%',
              failureRateThreshold: '70.0%',
              slowCallRateThreshold: '100.0%',
              bufferedCalls: 3,
              failedCalls: 2,
              slowCalls: 1,
              slowFailedCalls: 1,
              notPermittedCalls: 0,
              state: 'CLOSED',
            },
            ledger: {
              failureRate: '-1.0%',
              slowCallRate: '-1.0%',
              failureRateThreshold: '50.0%',
              slowCallRateThreshold: '100.0%',
              bufferedCalls: 0,
              failedCalls: 0,
              slowCalls: 0,
              slowFailedCalls: 0,
              notPermittedCalls: 0,
              state: 'CLOSED',
            },
          },
        }),
      );
    });
  });

  describe('GET circuitbreakerwindows', () => {
    it('responds with the contents of each window and the thresholds of its circuit breaker', async () => {
      const { application, http } = await start();
      const customer = application.get(registryToken('circuitBreaker')).getOrCreate('customer');
      for (const durationMs of [1, 1, 61_000]) customer.onSuccess(durationMs);
      customer.onError(1, new Error('down'));

      const { body } = await http.get('/actuator/circuitbreakerwindows').expect(200);

      expect(Object.keys(body.circuitBreakers)).toEqual(['customer', 'ledger']);
      expect(body.circuitBreakers.customer).toMatchObject({
        state: 'CLOSED',
        admissionPercentage: 100,
        remainingMs: null,
        metrics: { bufferedCalls: 3, failedCalls: 1, slowCalls: 1 },
        thresholds: { failureRate: 70, slowCallRate: 100, combinedRate: null, slowCallDurationMs: 60_000 },
        window: { type: 'COUNT_BASED', size: 3, outcomes: ['SUCCESS', 'SLOW_SUCCESS', 'ERROR'] },
      });
      expect(body.circuitBreakers.ledger.window).toEqual({ type: 'COUNT_BASED', size: 100, outcomes: [] });
    });

    it('responds with the remaining wait of an open circuit breaker', async () => {
      const { application, http } = await start();
      application.get(registryToken('circuitBreaker')).getOrCreate('customer').transitionToOpenState();

      const { body } = await http.get('/actuator/circuitbreakerwindows').expect(200);

      expect(body.circuitBreakers.customer).toMatchObject({
        state: 'OPEN',
        admissionPercentage: 0,
        remainingMs: 60_000,
      });
    });
  });

  describe('GET partitions', () => {
    it('responds with the partitions of each name together, by policy', async () => {
      const { application, http } = await start();
      const circuitBreakers = application.get(registryToken('circuitBreaker'));
      circuitBreakers.partition('customer', 'a').onError(1, new Error('down'));
      circuitBreakers.partition('customer', 'b').onSuccess(61_000);
      circuitBreakers.partition('customer', 'c').transitionToForcedOpenState();
      const bulkheads = application.get(registryToken('bulkhead'));
      bulkheads.partition('reports', 'a').tryAcquirePermission();
      bulkheads.partition('reports', 'b');
      application.get(registryToken('rateLimiter')).partition('reports', 'a').reservePermission();

      const { body } = await http.get('/actuator/partitions').expect(200);

      expect(body).toStrictEqual({
        circuitBreakers: {
          customer: {
            partitions: 3,
            failureRate: '50.0%',
            slowCallRate: '50.0%',
            bufferedCalls: 2,
            failedCalls: 1,
            slowCalls: 1,
            slowFailedCalls: 0,
            notPermittedCalls: 0,
            states: { CLOSED: 2, FORCED_OPEN: 1 },
          },
        },
        rateLimiters: { reports: { partitions: 1, availablePermissions: 49, numberOfWaitingThreads: 0 } },
        bulkheads: {
          reports: { partitions: 2, availableConcurrentCalls: 49, maxAllowedConcurrentCalls: 50, queueLength: 0 },
        },
      });
    });

    it('responds with an empty object without partitions', async () => {
      const { http } = await start();

      const { body } = await http.get('/actuator/partitions').expect(200);

      expect(body).toStrictEqual({});
    });
  });

  describe('GET circuitbreakerevents', () => {
    async function withEvents() {
      const { application, http } = await start();
      const registry = application.get(registryToken('circuitBreaker'));
      const at = clock.now();
      registry.getOrCreate('ledger').onSuccess(12.7);
      registry.getOrCreate('customer').onError(3, new TypeError('fetch failed'));
      registry.getOrCreate('customer').transitionToOpenState();
      registry.getOrCreate('customer').tryAcquirePermission();
      return { http, creationTime: new Date(at).toISOString() };
    }

    it('responds with the events of all circuit breakers, the oldest first', async () => {
      const { http, creationTime } = await withEvents();
      const event = (circuitBreakerName: string, type: string, more: object) => ({
        circuitBreakerName,
        type,
        creationTime,
        errorMessage: null,
        durationInMs: null,
        stateTransition: null,
        ...more,
      });

      const { body } = await http.get('/actuator/circuitbreakerevents').expect(200);

      expect(creationTime).toBe(startedAt);
      expect(body).toStrictEqual({
        circuitBreakerEvents: [
          event('ledger', 'SUCCESS', { durationInMs: 12 }),
          event('customer', 'ERROR', { durationInMs: 3, errorMessage: 'TypeError: fetch failed' }),
          event('customer', 'STATE_TRANSITION', { stateTransition: 'CLOSED_TO_OPEN' }),
          event('customer', 'NOT_PERMITTED', {}),
        ],
      });
    });

    it('filters by circuit breaker and by event type, ignoring case', async () => {
      const { http } = await withEvents();

      const ofCustomer = await http.get('/actuator/circuitbreakerevents/customer').expect(200);
      const ofType = await http.get('/actuator/circuitbreakerevents/customer/state_transition').expect(200);
      const ofUnknown = await http.get('/actuator/circuitbreakerevents/unknown').expect(200);

      expect(ofCustomer.body.circuitBreakerEvents).toHaveLength(3);
      expect(ofType.body.circuitBreakerEvents).toMatchObject([{ type: 'STATE_TRANSITION' }]);
      expect(ofUnknown.body).toStrictEqual({ circuitBreakerEvents: [] });
    });

    it('responds with 400 and the allowed types to an unknown event type', async () => {
      const { http } = await withEvents();

      const { body } = await http.get('/actuator/circuitbreakerevents/customer/failure').expect(400);

      expect(body.message).toContain('Unknown event type failure; allowed: SUCCESS, ERROR, IGNORED_ERROR');
    });
  });

  describe('GET endpoints of other policies', () => {
    it.each([
      ['retries', 'retries'],
      ['bulkheads', 'bulkheads'],
      ['ratelimiters', 'rateLimiters'],
      ['timelimiters', 'timeLimiters'],
    ])('GET %s lists names of instances', async (path, key) => {
      const { http } = await start();

      const { body } = await http.get(`/actuator/${path}`).expect(200);

      expect(body).toStrictEqual({ [key]: ['customer'] });
    });

    it.each([
      [
        'retryevents/customer/error',
        'retryEvents',
        {
          retryName: 'customer',
          type: 'ERROR',
          creationTime: startedAt,
          errorMessage: 'Error: down',
          numberOfAttempts: 1,
        },
      ],
      [
        'bulkheadevents/customer/call_permitted',
        'bulkheadEvents',
        { bulkheadName: 'customer', type: 'CALL_PERMITTED', creationTime: startedAt },
      ],
      [
        'ratelimiterevents/customer',
        'rateLimiterEvents',
        { rateLimiterName: 'customer', type: 'SUCCESSFUL_ACQUIRE', creationTime: startedAt },
      ],
      [
        'timelimiterevents',
        'timeLimiterEvents',
        { timeLimiterName: 'customer', type: 'ERROR', creationTime: startedAt },
      ],
    ])('GET %s responds with buffered events', async (path, key, event) => {
      const { application, http } = await start();
      const policies = [
        application.get(registryToken('retry')).getOrCreate('customer'),
        application.get(registryToken('bulkhead')).getOrCreate('customer'),
        application.get(registryToken('rateLimiter')).getOrCreate('customer'),
        application.get(registryToken('timeLimiter')).getOrCreate('customer'),
      ];
      for (const policy of policies) {
        await expect(policy.execute(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
      }

      const { body } = await http.get(`/actuator/${path}`).expect(200);

      expect(body).toStrictEqual({ [key]: [event] });
    });
  });

  describe('POST circuitbreakers/:name', () => {
    it.each([
      ['FORCE_OPEN', 'FORCED_OPEN'],
      ['DISABLE', 'DISABLED'],
      ['CLOSE', 'CLOSED'],
    ])('changes the state: %s leads to %s', async (updateState, state) => {
      const { application, http } = await start();
      const customer = application.get(registryToken('circuitBreaker')).getOrCreate('customer');
      customer.transitionToOpenState();

      const { body } = await http
        .post('/actuator/circuitbreakers/customer')
        .set(...bearer)
        .send({ updateState })
        .expect(200);

      expect(customer.state).toBe(state);
      expect(body).toStrictEqual({
        circuitBreakerName: 'customer',
        currentState: state,
        message: 'customer state has been changed successfully',
      });
    });

    it('responds with 404 to an unknown name, and creates no circuit breaker', async () => {
      const { application, http } = await start();

      const { body } = await http
        .post('/actuator/circuitbreakers/custmer')
        .set(...bearer)
        .send({ updateState: 'CLOSE' })
        .expect(404);

      expect(body.message).toBe(
        'There is no circuit breaker named custmer. Existing circuit breakers: ledger, customer.',
      );
      expect(application.get(registryToken('circuitBreaker')).find('custmer')).toBeUndefined();
    });

    it.each([
      [{ updateState: 'OPEN' }, '"OPEN"'],
      [{ updateState: 'toString' }, '"toString"'],
      [{}, 'missing'],
      [['CLOSE'], 'missing'],
    ])('responds with 400 and the allowed values to %j', async (sent, given) => {
      const { http } = await start();

      const { body } = await http
        .post('/actuator/circuitbreakers/customer')
        .set(...bearer)
        .send(sent)
        .expect(400);

      expect(body.message).toBe(`updateState is ${given}; allowed: CLOSE, FORCE_OPEN, DISABLE.`);
    });
  });

  describe('write endpoints', () => {
    const writePaths = ['circuitbreakers/customer', 'resilience/reload'];
    const sent = { updateState: 'FORCE_OPEN' };

    it.each(writePaths)('respond with 401 without the right token: %s', async (path) => {
      const { application, http } = await start();
      const wrong = ['', 'Bearer', 'Bearer ', 'Bearer open', `Bearer ${token}x`, `Basic ${token}`, token];

      for (const header of wrong) {
        const { headers } = await http.post(`/actuator/${path}`).set('Authorization', header).send(sent).expect(401);
        expect(headers['www-authenticate']).toBe('Bearer');
      }
      await http.post(`/actuator/${path}`).send(sent).expect(401);

      expect(application.get(registryToken('circuitBreaker')).getOrCreate('customer').state).toBe('CLOSED');
    });

    it('read the token for each request, so that it can change (spring-cloud-vault#152)', async () => {
      let current = 'first';
      const module = await Test.createTestingModule({
        imports: [
          resilience(),
          ResilienceActuatorModule.forRootAsync({
            useFactory: () => ({
              get token() {
                return current;
              },
            }),
          }),
        ],
      }).compile();
      application = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
      await application.init();
      await application.getHttpAdapter().getInstance().ready();
      const http = request(application.getHttpServer());
      const post = async (bearer: string) => {
        const body = { updateState: 'CLOSE' };
        const { status } = await http
          .post('/actuator/circuitbreakers/customer')
          .set('Authorization', `Bearer ${bearer}`)
          .send(body);
        return status;
      };

      const before = [await post('first'), await post('second')];
      current = 'second';

      expect([...before, await post('first'), await post('second')]).toEqual([200, 401, 401, 200]);
    });

    it.each(writePaths.flatMap((path) => [[path, {}] as const, [path, { token: '' }] as const]))(
      'respond with 404 if no token is configured: %s with %j',
      async (path, options) => {
        const { application, http } = await start(options);

        for (const header of ['', 'Bearer ', 'Bearer undefined', `Bearer ${token}`]) {
          await http.post(`/actuator/${path}`).set('Authorization', header).send(sent).expect(404);
        }

        expect(application.get(registryToken('circuitBreaker')).getOrCreate('customer').state).toBe('CLOSED');
        await http.get('/actuator/circuitbreakers').expect(200);
      },
    );
  });

  it.each([
    [{}, 'Write endpoints are disabled: no actuator token is configured.'],
    [{ token }, 'Write endpoints require the actuator token.'],
  ])('logs at start-up whether write endpoints are enabled: %j', async (options, line) => {
    const log = vi.spyOn(Logger.prototype, 'log').mockReturnValue();

    await start(options);

    expect(log.mock.calls.map(([message]) => message as unknown)).toContain(line);
    expect(JSON.stringify(log.mock.calls)).not.toContain(token);
    log.mockRestore();
  });

  it('serves its endpoints below the configured path', async () => {
    const { http } = await start({ path: 'internal/resilience' });

    expect((await http.get('/internal/resilience/retries')).status).toBe(200);
    expect((await http.get('/actuator/retries')).status).toBe(404);
  });

  it('accepts settings from a factory with injected dependencies', async () => {
    class Settings {
      readonly token = token;
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    const module = await Test.createTestingModule({
      imports: [
        resilience(),
        ResilienceActuatorModule.forRootAsync({
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: (settings: Settings) => ({ token: settings.token }),
        }),
      ],
    }).compile();
    application = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await application.init();
    await application.getHttpAdapter().getInstance().ready();
    const http = request(application.getHttpServer());

    const url = '/actuator/circuitbreakers/customer';
    const { status } = await http
      .post(url)
      .set(...bearer)
      .send({ updateState: 'DISABLE' });
    expect(status).toBe(200);
  });

  it('shows registries that another module provides, and responds with 404 for registries that no module provides', async () => {
    @Module({ providers: [{ provide: registryToken('retry'), useFactory: () => createRegistry('retry') }] })
    class OtherModule {}
    const { application, http } = await start({}, [{ module: OtherModule, global: false }] as never);
    application.get(registryToken('retry'), { strict: false }).getOrCreate('stock');

    expect((await http.get('/actuator/retries').expect(200)).body).toStrictEqual({ retries: ['stock'] });
    const { body } = await http.get('/actuator/bulkheads').expect(404);
    expect(body.message).toBe('This application has no BulkheadRegistry.');
    await http.get('/actuator/doctor').expect(200);
  });

  it('GET doctor responds with findings about the configuration and the observed traffic', async () => {
    const { application, http } = await start({}, [
      ResilienceModule.forRoot({
        env: {},
        clock,
        circuitBreaker: {
          instances: {
            customer: { slidingWindowType: 'TIME_BASED', slidingWindowSize: 10, minimumNumberOfCalls: 100 },
            stock: { slidingWindowSize: 5, minimumNumberOfCalls: 10 },
          },
        },
      }),
    ]);
    const codes = async () => {
      const { body } = await http.get('/actuator/doctor').expect(200);
      const findings = body.findings as { instance: string; code: string }[];
      return findings.map(({ instance, code }) => `${instance}: ${code}`);
    };
    expect(await codes()).toContain('stock: minimum-above-count-window');
    expect(await codes()).not.toContain('customer: minimum-never-reached');

    const customer = application.get(registryToken('circuitBreaker')).getOrCreate('customer');
    for (let call = 0; call < 20; call++) {
      clock.advance(2_000);
      customer.onSuccess(2_000);
    }

    expect(await codes()).toContain('customer: minimum-never-reached');
    const { body } = await http.get('/actuator/doctor').expect(200);
    expect(body.traffic.customer.latencyMs).toBeCloseTo(2_000);
    expect(body.traffic.customer.ratePerSecond).toBeCloseTo(0.5, 1);
  });
});
