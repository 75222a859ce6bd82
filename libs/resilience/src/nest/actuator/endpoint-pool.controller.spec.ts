import { Injectable, Logger } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { registryToken } from '../../core/policies.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { currentCallContext } from '../call-context.ts';
import { EndpointPool, Retry } from '../decorators.ts';
import { ResilienceModule } from '../resilience.module.ts';
import { ResilienceActuatorModule } from './actuator.module.ts';

@Injectable()
class CustomerClient {
  readonly used: (string | undefined)[] = [];

  @Retry('customer')
  @EndpointPool('customer')
  async find(): Promise<string> {
    const { endpoint } = currentCallContext();
    this.used.push(endpoint?.url);
    if (this.used.length === 1) throw Object.assign(new Error('503'), { status: 503 });
    return 'found';
  }
}

describe('An endpoint pool of an application', () => {
  let application: NestFastifyApplication | undefined;

  afterEach(async () => {
    await application?.close();
    application = undefined;
    vi.restoreAllMocks();
  });

  async function start() {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const module = await Test.createTestingModule({
      imports: [
        ResilienceModule.forRoot({
          env: {},
          clock: new FakeClock(),
          retry: { instances: { customer: { waitDuration: 0 } } },
          endpointPool: { instances: { customer: { endpoints: ['http://a:1', 'http://b:2'] } } },
        }),
        ResilienceActuatorModule.forRoot({ token: 'open-sesame' }),
      ],
      providers: [CustomerClient],
    }).compile();
    application = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await application.init();
    await application.getHttpAdapter().getInstance().ready();
    const http = request(application.getHttpServer());
    const update = (path: string, body: object) =>
      http.post(`/actuator/endpointpools/${path}`).set('Authorization', 'Bearer open-sesame').send(body);
    return { application, http, update };
  }

  it('gives each attempt of a decorated method an endpoint of its own', async () => {
    const { application } = await start();
    const client = application.get(CustomerClient);

    await expect(client.find()).resolves.toBe('found');

    expect(new Set(client.used)).toStrictEqual(new Set(['http://a:1', 'http://b:2']));
  });

  it('is shown with its endpoints', async () => {
    const { application, http } = await start();
    application.get(registryToken('endpointPool')).getOrCreate('customer').eject('a:1');

    const { body } = await http.get('/actuator/endpointpools').expect(200);

    const inService = {
      url: 'http://b:2',
      state: 'IN_SERVICE',
      ejectionReason: null,
      remainingEjectionMs: null,
      inFlightCalls: 0,
      latencyMs: 0,
      failureRate: 0,
      slowCallRate: 0,
      numberOfSuccessfulCalls: 0,
      numberOfFailedCalls: 0,
      numberOfEjections: 0,
    };
    expect(body).toStrictEqual({
      endpointPools: {
        customer: {
          isPanic: false,
          isResolutionFailing: false,
          endpointsInService: 1,
          endpoints: {
            'a:1': {
              ...inService,
              url: 'http://a:1',
              state: 'EJECTED',
              ejectionReason: 'MANUAL',
              numberOfEjections: 1,
            },
            'b:2': inService,
          },
        },
      },
    });
  });

  it('lists its events', async () => {
    const { application, http } = await start();
    application.get(registryToken('endpointPool')).getOrCreate('customer').eject('a:1');

    const { body } = await http.get('/actuator/endpointpoolevents/customer/endpoint_ejected').expect(200);

    expect(body.endpointPoolEvents).toMatchObject([
      { endpointPoolName: 'customer', endpoint: 'a:1', reason: 'MANUAL' },
    ]);
  });

  it('ejects and restores an endpoint on request', async () => {
    const { update } = await start();

    const ejected = await update('customer/a:1', { updateState: 'EJECT' }).expect(200);
    const restored = await update('customer/a:1', { updateState: 'RESTORE' }).expect(200);

    expect(ejected.body).toStrictEqual({
      endpointPoolName: 'customer',
      endpoint: 'a:1',
      currentState: 'EJECTED',
      message: 'a:1 state has been changed successfully',
    });
    expect(restored.body.currentState).toBe('SLOW_START');
  });

  it.each([
    [
      'custmer/a:1',
      { updateState: 'EJECT' },
      404,
      'There is no endpoint pool named custmer. Existing endpoint pools: customer.',
    ],
    [
      'customer/c:3',
      { updateState: 'EJECT' },
      404,
      "EndpointPool 'customer' has no endpoint c:3. Its endpoints: a:1, b:2.",
    ],
    ['customer/a:1', { updateState: 'CLOSE' }, 400, 'updateState is "CLOSE"; allowed: EJECT, RESTORE.'],
    ['customer/a:1', [], 400, 'updateState is missing; allowed: EJECT, RESTORE.'],
  ])('refuses a wrong request: %s with %j', async (path, body, status, message) => {
    const { update } = await start();

    const response = await update(path, body).expect(status);

    expect(response.body.message).toBe(message);
  });

  it('needs the token for changes', async () => {
    const { application, http } = await start();

    await http.post('/actuator/endpointpools/customer/a:1').send({ updateState: 'EJECT' }).expect(401);

    expect(application.get(registryToken('endpointPool')).getOrCreate('customer').metrics.endpointsInService).toBe(2);
  });
});
