import { HttpService } from '@nestjs/axios';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deadline } from '../../core/deadline.ts';
import { withResolvers } from '../../core/with-resolvers.ts';
import { runInCallContext } from '../../nest/call-context.ts';
import { ResilienceRegistries } from '../../nest/resilience-registries.ts';
import { ResilienceModule } from '../../nest/resilience.module.ts';
import { ResilientHttpModule } from './index.ts';

let server: Server;
let baseURL: string;
let handle: (request: IncomingMessage, response: ServerResponse, count: number) => void;
let requests: IncomingMessage[];
let module: TestingModule;

beforeEach(async () => {
  requests = [];
  handle = (_request, response) => response.end('ok');
  server = createServer((request, response) => {
    requests.push(request);
    handle(request, response, requests.length);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await module.close();
  server.close();
  server.closeAllConnections();
});

@Injectable()
class Payments {
  readonly http: HttpService;

  constructor(http: HttpService) {
    this.http = http;
  }
}

@Module({})
class PaymentsModule {}

async function payments(http: DynamicModule, resilience?: DynamicModule): Promise<Payments> {
  const own = { module: PaymentsModule, imports: [http], providers: [Payments] };
  module = await Test.createTestingModule({ imports: [...(resilience ? [resilience] : []), own] }).compile();
  return module.get(Payments, { strict: false });
}

describe('ResilientHttpModule', () => {
  it.each([
    ['register', () => ResilientHttpModule.register({ baseURL })],
    ['registerAsync', () => ResilientHttpModule.registerAsync({ useFactory: () => ({ baseURL }) })],
  ])('repeats the requests of HttpService, configured by %s', async (_method, http) => {
    handle = (_request, response, count) =>
      count === 1 ? response.writeHead(503, { 'retry-after': '0' }).end() : response.end('ok');
    const { http: service } = await payments(http());

    expect((await firstValueFrom(service.get('/payments/17'))).data).toBe('ok');

    expect(requests.map(({ url }) => url)).toStrictEqual(['/payments/17', '/payments/17']);
  });

  it('makes no request before the subscription, and one for each', async () => {
    const { http } = await payments(ResilientHttpModule.register({ baseURL }));

    const observable = http.get('/');
    expect(requests.length).toBe(0);

    await firstValueFrom(observable);
    await firstValueFrom(observable);
    expect(requests.length).toBe(2);
  });

  it('closes the connection when the subscriber unsubscribes, and repeats nothing', async () => {
    const arrived = withResolvers<IncomingMessage>();
    handle = (request) => arrived.resolve(request);
    const { http } = await payments(ResilientHttpModule.register({ baseURL }));

    const subscription = http.get('/').subscribe();
    const { socket } = await arrived.promise;
    subscription.unsubscribe();

    if (!socket.destroyed) await once(socket, 'close');
    expect(requests.length).toBe(1);
  });

  it('has its policies in the registries of ResilienceModule', async () => {
    const { http } = await payments(ResilientHttpModule.register({ baseURL }), ResilienceModule.forRoot({}));

    await firstValueFrom(http.get('/'));

    const { policies } = module.get(ResilienceRegistries, { strict: false });
    expect(policies.circuitBreaker.find(new URL(baseURL).host)?.metrics.successfulCalls).toBe(1);
  });

  it('uses a pipeline of ResilienceModule', async () => {
    const resilience = ResilienceModule.forRoot({ retry: { instances: { payments: { maxAttempts: 1 } } } });
    const http = ResilientHttpModule.register({ baseURL }, { pipeline: 'payments' });
    handle = (_request, response) => response.writeHead(503).end();
    const { http: service } = await payments(http, resilience);

    await expect(firstValueFrom(service.get('/'))).rejects.toMatchObject({ response: { status: 503 } });

    expect(requests.length).toBe(1);
  });

  it('does not start with a pipeline when there is no ResilienceModule', async () => {
    await payments(ResilientHttpModule.register());
    const http = ResilientHttpModule.register({ baseURL }, { pipeline: 'payments' });

    await expect(payments(http)).rejects.toThrow("cannot use the pipeline 'payments'");
  });

  it('passes on the deadline of the call around it', async () => {
    const { http } = await payments(ResilientHttpModule.register({ baseURL }));

    await runInCallContext({ deadline: Deadline.after('2s') }, () => firstValueFrom(http.get('/')));

    expect(Number(requests[0]?.headers['x-request-timeout-ms'])).toBeLessThanOrEqual(2_000);
  });
});
