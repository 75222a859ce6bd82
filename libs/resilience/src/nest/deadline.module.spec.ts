import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { Body, Controller, Get, Injectable, Post } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Observable } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { deadlineHeader, deadlineHeaders } from '../core/deadline.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { currentCallContext } from './call-context.ts';
import { type DeadlineModuleOptions, ResilienceDeadlineModule } from './deadline.module.ts';
import { ResilienceExceptionFilter } from './resilience-exception.filter.ts';
import { ResilienceModule } from './resilience.module.ts';
import { TimeLimiter } from './decorators.ts';

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
  calls = 0;

  constructor(client: CustomerClient) {
    this.client = client;
  }

  @Get('accounts')
  async list(): Promise<object> {
    this.calls++;
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

const adapters = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.entries(adapters))('the deadline of a request on %s', (_name, createAdapter) => {
  async function start(options: DeadlineModuleOptions = {}) {
    const timeLimiter = { configs: { default: { timeoutDuration: '2s' } } };
    const clock = new FakeClock();
    const module = await Test.createTestingModule({
      imports: [
        ResilienceModule.forRoot({ env: {}, clock, timeLimiter }),
        ResilienceDeadlineModule.forRoot({ networkAllowance: '20ms', ...options }),
      ],
      controllers: [AccountsController],
      providers: [CustomerClient, { provide: APP_FILTER, useClass: ResilienceExceptionFilter }],
    }).compile();
    const application = module.createNestApplication(createAdapter(), { logger: false });
    await application.listen(0, '127.0.0.1');
    onTestFinished(() => application.close());
    const { port } = application.getHttpServer().address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;

    const get = async (header: string | undefined, path = '/accounts') => {
      const headers = header === undefined ? {} : { [deadlineHeader]: header };
      const response = await fetch(url + path, { headers });
      return { status: response.status, body: (await response.json()) as object };
    };
    return { clock, url, get, controller: application.get(AccountsController) };
  }

  it('applies to decorated methods minus the network allowance, and is sent to other services', async () => {
    const { get } = await start();

    expect(await get('520')).toMatchObject({ body: { [deadlineHeader]: '500' } });
  });

  it('counts from the arrival of the request and not from the end of its body', async () => {
    const arrived = Promise.withResolvers<true>();
    const trustCaller = () => {
      arrived.resolve(true);
      return true;
    };
    const { url, clock } = await start({ trustCaller });
    const headers = { 'content-type': 'application/json', 'content-length': 14, [deadlineHeader]: '520' };
    const request = httpRequest(`${url}/accounts`, { method: 'POST', headers });
    const responded = once(request, 'response') as Promise<[Readable]>;

    request.write('{"name":');
    await arrived.promise;
    clock.advance(100);
    request.end('"Ada"}');
    const [response] = await responded;

    expect(await json(response)).toStrictEqual({ name: 'Ada', [deadlineHeader]: '400' });
  });

  it('applies in an Observable that a route returns', async () => {
    const { get } = await start();

    expect(await get('520', '/stream')).toMatchObject({ body: { [deadlineHeader]: '500' } });
  });

  it('is unlimited when the request has no deadline, or a malformed one', async () => {
    const { get } = await start();

    for (const header of [undefined, 'soon']) {
      expect(await get(header)).toStrictEqual({ status: 200, body: { [deadlineHeader]: '2000' } });
    }
  });

  it('is the earlier of the timeout of the service and the deadline of the caller', async () => {
    const { get } = await start({ timeout: '1s' });

    expect(await get(undefined)).toMatchObject({ body: { [deadlineHeader]: '1000' } });
    expect(await get('520')).toMatchObject({ body: { [deadlineHeader]: '500' } });
    expect(await get('5000')).toMatchObject({ body: { [deadlineHeader]: '1000' } });
  });

  it('ignores callers that are not trusted', async () => {
    const { get } = await start({ trustCaller: ({ url }) => url === '/stream' });

    expect(await get('520')).toMatchObject({ body: { [deadlineHeader]: '2000' } });
    expect(await get('520', '/stream')).toMatchObject({ body: { [deadlineHeader]: '500' } });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['returns a promise', (async () => true) as unknown as () => boolean],
  ])('ignores all callers when trustCaller %s', async (_what, trustCaller) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    const { get } = await start({ trustCaller });

    expect(await get('520')).toMatchObject({ status: 200, body: { [deadlineHeader]: '2000' } });
    expect(warned.mock.calls.filter(([message]) => String(message).startsWith('trustCaller of'))).toHaveLength(1);
  });

  it('refuses a request whose deadline has passed before it reaches a controller', async () => {
    const { get, controller } = await start();

    expect(await get('20', '/accounts?page=2')).toMatchObject({
      status: 504,
      body: { type: 'urn:breakwater:problem:deadline-exceeded', instance: '/accounts' },
    });
    expect(controller.calls).toBe(0);
  });

  it('does not leak from one request to another', async () => {
    const { get } = await start();

    const [first, second, third] = await Promise.all([get('520'), get(undefined), get('1020')]);

    expect([first, second, third].map(({ body }) => body)).toStrictEqual([
      { [deadlineHeader]: '500' },
      { [deadlineHeader]: '2000' },
      { [deadlineHeader]: '1000' },
    ]);
  });
});

describe('ResilienceDeadlineModule', () => {
  // With a timeout of 0, every request would fail.
  it.each<DeadlineModuleOptions>([
    { timeout: 'a while' },
    { timeout: 0 },
    { timeout: '0s' },
    { timeout: -1 },
    { networkAllowance: 'a while' },
    { networkAllowance: -1 },
  ])('rejects %o at start-up and names the option', async (options) => {
    const imports = [ResilienceDeadlineModule.forRoot(options)];
    const [[option, given]] = Object.entries(options) as [[string, string | number]];
    const compiling = Test.createTestingModule({ imports }).compile();

    await expect(compiling).rejects.toThrow(RangeError);
    await expect(compiling).rejects.toThrow(new RegExp(`: ${option} must be a duration .*, but ${given} was given`));
  });

  it('accepts a network allowance of 0', async () => {
    const imports = [ResilienceDeadlineModule.forRoot({ networkAllowance: 0 })];

    await expect(Test.createTestingModule({ imports }).compile()).resolves.toBeDefined();
  });

  it('has no effect in an application without HTTP', async () => {
    const module = await Test.createTestingModule({ imports: [ResilienceDeadlineModule.forRoot({})] }).compile();
    onTestFinished(() => module.close());

    await module.init();

    expect(currentCallContext().deadline).toBeUndefined();
  });
});
