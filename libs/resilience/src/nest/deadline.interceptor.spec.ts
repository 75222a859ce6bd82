import { Body, Controller, Get, Injectable, Post, type ExecutionContext } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { lastValueFrom, Observable, of } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadlineHeader, deadlineHeaders } from '../core/deadline.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { currentCallContext } from './call-context.ts';
import { DeadlineInterceptor } from './deadline.interceptor.ts';
import { ResilienceExceptionFilter } from './resilience-exception.filter.ts';
import { ResilienceModule } from './resilience.module.ts';
import { TimeLimiter } from './time-limiter.decorator.ts';

@Injectable()
class CustomerClient {
  @TimeLimiter('customer')
  async headers(): Promise<object> {
    return deadlineHeaders(currentCallContext().deadline);
  }
}

@Controller()
class AccountsController {
  readonly client: CustomerClient;
  begun = 0;

  constructor(client: CustomerClient) {
    this.client = client;
  }

  @Get('accounts')
  async list(): Promise<object> {
    this.begun++;
    await new Promise(setImmediate);
    return this.client.headers();
  }

  @Post('accounts')
  async create(@Body() body: object): Promise<object> {
    return { ...body, ...(await this.client.headers()) };
  }

  @Get('stream')
  stream(): Observable<object> {
    return new Observable((subscriber) => {
      subscriber.next(deadlineHeaders(currentCallContext().deadline));
      subscriber.complete();
    });
  }
}

describe('the deadline of a request', () => {
  let application: NestFastifyApplication;
  const ask = async (header: string | undefined, method: 'GET' | 'POST' = 'GET', url = '/accounts') => {
    const headers = header === undefined ? {} : { [deadlineHeader]: header };
    const payload = method === 'POST' ? { payload: { name: 'Ada' } } : {};
    const { statusCode, body } = await application.inject({ method, url, headers, ...payload });
    return { statusCode, body: JSON.parse(body) as object };
  };

  beforeEach(async () => {
    const timeLimiter = { configs: { default: { timeoutDuration: '2s' } } };
    const clock = new FakeClock();
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ env: {}, clock, timeLimiter, deadlineNetworkAllowance: '20ms' })],
      controllers: [AccountsController],
      providers: [
        CustomerClient,
        { provide: APP_INTERCEPTOR, useClass: DeadlineInterceptor },
        { provide: APP_FILTER, useClass: ResilienceExceptionFilter },
      ],
    }).compile();
    application = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await application.init();
    await application.getHttpAdapter().getInstance().ready();
  });

  afterEach(() => application.close());

  it('holds for decorated methods, less what the network takes, and is sent on', async () => {
    expect(await ask('520')).toMatchObject({ body: { [deadlineHeader]: '500' } });
  });

  it('holds when the request has a body, too', async () => {
    expect(await ask('520', 'POST')).toMatchObject({ body: { name: 'Ada', [deadlineHeader]: '500' } });
  });

  it('holds in an Observable that a route returns', async () => {
    expect(await ask('520', 'GET', '/stream')).toMatchObject({ body: { [deadlineHeader]: '500' } });
  });

  it('is none when the request has none, or none that can be understood', async () => {
    for (const header of [undefined, 'soon']) {
      expect(await ask(header)).toStrictEqual({ statusCode: 200, body: { [deadlineHeader]: '2000' } });
    }
  });

  it('that has passed stops the request before it is begun', async () => {
    expect(await ask('20')).toMatchObject({ statusCode: 504 });
    expect(application.get(AccountsController).begun).toBe(0);
  });

  it('does not reach from one request to another', async () => {
    const [first, second, third] = await Promise.all([ask('520'), ask(undefined), ask('1020')]);

    expect([first, second, third].map(({ body }) => body)).toStrictEqual([
      { [deadlineHeader]: '500' },
      { [deadlineHeader]: '2000' },
      { [deadlineHeader]: '1000' },
    ]);
  });

  it('is looked for in HTTP requests alone', async () => {
    const execution = { getType: () => 'rpc' } as ExecutionContext;

    const result = new DeadlineInterceptor({}).intercept(execution, { handle: () => of('answer') });

    expect(await lastValueFrom(result)).toBe('answer');
  });
});
