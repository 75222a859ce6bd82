import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  NotFoundException,
  Param,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConcurrencyLimitExceededError } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.errors.ts';
import { BulkheadFullError } from '../core/bulkhead/bulkhead.errors.ts';
import { CallAbortedOnOpenError, CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { DeadlineExceededError } from '../core/deadline.ts';
import { registryToken } from '../core/policies.ts';
import { RateLimitExceededError } from '../core/rate-limiter/rate-limiter.errors.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';
import { CircuitBreaker } from './decorators.ts';
import { ResilienceExceptionFilter } from './resilience-exception.filter.ts';
import { ResilienceModule } from './resilience.module.ts';

const errors: Readonly<Record<string, Error>> = {
  open: new CallNotPermittedError('customer', 'OPEN', 7_001),
  forced: new CallNotPermittedError('customer', 'FORCED_OPEN', undefined),
  endless: new CallNotPermittedError('customer', 'OPEN', Number.POSITIVE_INFINITY),
  aborted: new CallAbortedOnOpenError('customer'),
  full: new BulkheadFullError('customer', 1, 0),
  limited: new ConcurrencyLimitExceededError('customer', 1, 1),
  rate: new RateLimitExceededError('customer', 1, 0.0005),
  timeout: new TimeoutExceededError('customer', 1_000, 'timeoutDuration'),
  deadline: new DeadlineExceededError('customer'),
  missing: new NotFoundException('no such customer'),
  bug: new Error('secret'),
};

@Controller()
class FailingController {
  @Get('errors/:kind')
  async fail(@Param('kind') kind: string): Promise<never> {
    throw errors[kind] ?? new Error(kind);
  }

  @Get('customer')
  @CircuitBreaker('customer')
  async find(): Promise<string> {
    return 'Ada';
  }
}

async function start(...filters: Provider[]): Promise<NestFastifyApplication> {
  const module = await Test.createTestingModule({
    imports: [ResilienceModule.forRoot({ env: {} })],
    controllers: [FailingController],
    providers: filters,
  }).compile();
  const application = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await application.init();
  await application.getHttpAdapter().getInstance().ready();
  return application;
}

describe('ResilienceExceptionFilter', () => {
  let application: NestFastifyApplication;
  const get = (url: string) => application.inject({ url });

  beforeAll(async () => {
    application = await start({ provide: APP_FILTER, useClass: ResilienceExceptionFilter });
  });

  afterAll(() => application.close());

  it.each([
    ['open', 503, 'call-not-permitted', '8'],
    ['forced', 503, 'call-not-permitted', undefined],
    ['endless', 503, 'call-not-permitted', undefined],
    ['aborted', 503, 'call-aborted-on-open', undefined],
    ['full', 503, 'bulkhead-full', undefined],
    ['limited', 503, 'concurrency-limit-exceeded', undefined],
    ['rate', 429, 'rate-limit-exceeded', '1'],
    ['timeout', 504, 'timeout-exceeded', undefined],
    ['deadline', 504, 'deadline-exceeded', undefined],
  ])('responds to %s with %d and a problem of type %s, Retry-After %s', async (kind, status, type, retryAfter) => {
    const { statusCode, headers, body } = await get(`/errors/${kind}?a=1`);

    expect(statusCode).toBe(status);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(headers['retry-after']).toBe(retryAfter);
    expect(JSON.parse(body)).toStrictEqual({
      type: `urn:breakwater:problem:${type}`,
      title: expect.any(String),
      status,
      detail: expect.stringMatching(/^[A-Z].*\.$/),
      instance: `/errors/${kind}`,
    });
    expect(body).not.toContain("'customer'");
  });

  it('handles refusals of decorated routes', async () => {
    application.get(registryToken('circuitBreaker')).getOrCreate('customer').transitionToForcedOpenState();

    expect((await get('/customer')).statusCode).toBe(503);
  });

  it.each([
    ['missing', 404],
    ['bug', 500],
  ])('leaves other errors to other filters: %s', async (kind, status) => {
    const { statusCode, headers } = await get(`/errors/${kind}`);

    expect(statusCode).toBe(status);
    expect(headers['content-type']).toMatch(/^application\/json/);
  });

  it('adds members without replacing standard ones, also next to a filter that catches everything', async () => {
    @Catch()
    class EverythingFilter implements ExceptionFilter {
      catch(_error: unknown, host: ArgumentsHost): void {
        host.switchToHttp().getResponse<{ send(body: object): void }>().send({ title: 'Unknown error' });
      }
    }
    const members = (request: unknown) => ({ requestId: (request as { readonly id: string }).id, status: 200 });
    const extended = await start(
      { provide: APP_FILTER, useClass: EverythingFilter },
      {
        provide: APP_FILTER,
        inject: [HttpAdapterHost],
        useFactory: (host: HttpAdapterHost) => new ResilienceExceptionFilter(host, { members }),
      },
    );
    onTestFinished(() => extended.close());

    const refused = await extended.inject({ url: '/errors/full' });
    const failed = await extended.inject({ url: '/errors/bug' });

    expect(JSON.parse(refused.body)).toMatchObject({ title: 'Service busy', status: 503, requestId: 'req-1' });
    expect(JSON.parse(failed.body)).toStrictEqual({ title: 'Unknown error' });
  });

  it('rethrows errors in contexts that it does not know', () => {
    const filter = new ResilienceExceptionFilter(application.get(HttpAdapterHost));
    const host = { getType: () => 'telegram' } as unknown as ArgumentsHost;
    const error = new DeadlineExceededError('customer');

    expect(() => filter.catch(error, host)).toThrow(error);
  });

  it('ends a response that has already started', () => {
    const httpAdapter = { isHeadersSent: () => true, end: vi.fn<() => void>(), reply: vi.fn<() => void>() };
    const filter = new ResilienceExceptionFilter({ httpAdapter } as unknown as HttpAdapterHost);
    const host = { getType: () => 'http', switchToHttp: () => ({ getResponse: () => ({}) }) } as ArgumentsHost;

    filter.catch(new DeadlineExceededError('customer'), host);

    expect(httpAdapter.end).toHaveBeenCalledOnce();
    expect(httpAdapter.reply).not.toHaveBeenCalled();
  });
});
