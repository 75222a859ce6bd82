import { EventEmitter, once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { Controller, Get, Injectable, Logger, UseFilters } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { AbstractWsAdapter, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { lastValueFrom, Observable, throwError } from 'rxjs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConcurrencyLimitExceededError } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.errors.ts';
import { BulkheadFullError } from '../core/bulkhead/bulkhead.errors.ts';
import { CallAbortedOnOpenError, CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { DeadlineExceededError } from '../core/deadline.ts';
import { RateLimitExceededError } from '../core/rate-limiter/rate-limiter.errors.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';
import { ResilienceDeadlineModule } from './deadline.module.ts';
import { CircuitBreaker } from './decorators.ts';
import { ResilienceExceptionFilter } from './resilience-exception.filter.ts';
import { ResilienceModule } from './resilience.module.ts';

const errors: Readonly<Record<string, Error>> = {
  'call-not-permitted': new CallNotPermittedError('secret-name', 'FORCED_OPEN', 7_001),
  'call-aborted-on-open': new CallAbortedOnOpenError('secret-name'),
  'bulkhead-full': new BulkheadFullError('secret-name', 1, 0),
  'concurrency-limit-exceeded': new ConcurrencyLimitExceededError('secret-name', 1, 1),
  'rate-limit-exceeded': new RateLimitExceededError('secret-name', 1, 500),
  'timeout-exceeded': new TimeoutExceededError('secret-name', 1_000, 'timeoutDuration'),
  'deadline-exceeded': new DeadlineExceededError('secret-name'),
};
const kinds = Object.keys(errors);

/** What a client may get: a text, a type and a time. */
function expectSafe(payload: unknown, kind: string): void {
  expect(payload).toMatchObject({
    status: 'error',
    message: expect.stringMatching(/^[A-Z].*\.$/),
    type: `urn:breakwater:problem:${kind}`,
  });
  expect(JSON.stringify(payload)).not.toMatch(/secret|OPEN|stack/);
}

@Injectable()
class Failing {
  /** The error of an event, when its handler has been called. */
  readonly event = Promise.withResolvers<string>();

  async fail(kind: string): Promise<never> {
    throw errors[kind] ?? new Error('secret');
  }

  failing(kind: string): Observable<never> {
    return throwError(() => errors[kind] ?? new Error('secret'));
  }

  given(...args: unknown[]): unknown[] {
    return args.map(String);
  }
}

@Controller()
class FailingController extends Failing {
  @Get('bulkhead-full')
  async request(): Promise<never> {
    return this.fail('bulkhead-full');
  }

  @MessagePattern('promise')
  async promise(kind: string): Promise<never> {
    return this.fail(kind);
  }

  @MessagePattern('observable')
  observable(kind: string): Observable<never> {
    return this.failing(kind);
  }

  @EventPattern('event')
  async onEvent(kind: string): Promise<never> {
    this.event.resolve(kind);
    return this.fail(kind);
  }

  @MessagePattern('no arguments')
  @CircuitBreaker({ name: 'none', fallbackMethod: 'given' })
  async noArguments(): Promise<unknown> {
    throw new Error('down');
  }
}

const filter = { provide: APP_FILTER, useClass: ResilienceExceptionFilter };

async function moduleWith(metadata: { controllers?: (new () => object)[]; providers?: (new () => object)[] }) {
  return Test.createTestingModule({
    imports: [ResilienceModule.forRoot({ env: {} }), ResilienceDeadlineModule.forRoot({ timeout: '10s' })],
    controllers: metadata.controllers ?? [],
    providers: [filter, ...(metadata.providers ?? [])],
  }).compile();
}

afterEach(() => {
  vi.restoreAllMocks();
});

const tcp = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } } as const;

function clientOf(server: Server) {
  const { port } = server.address() as AddressInfo;
  const client = ClientProxyFactory.create({ ...tcp, options: { ...tcp.options, port } });
  onTestFinished(() => void client.close());
  return client;
}

describe('ResilienceExceptionFilter in a microservice on TCP (sentry-javascript#16051)', () => {
  async function start() {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const module = await moduleWith({ controllers: [FailingController] });
    const application = module.createNestMicroservice<MicroserviceOptions>({ ...tcp, logger: false });
    await application.listen();
    onTestFinished(() => application.close());
    const client = clientOf(application.unwrap<Server>());
    const send = (pattern: string, kind: string) =>
      lastValueFrom(client.send<unknown>(pattern, kind)).catch((error: unknown) => error);
    return { client, send, warn, controller: application.get(FailingController) };
  }

  it('responds with a safe description of every refusal, for promises and Observables', async () => {
    const { send } = await start();

    for (const kind of kinds) {
      expectSafe(await send('promise', kind), kind);
      expectSafe(await send('observable', kind), kind);
    }
  });

  it('responds with the time until a new attempt, if it is known', async () => {
    const { send } = await start();

    expect(await send('promise', 'call-not-permitted')).toHaveProperty('retryAfterSeconds', 8);
    expect(await send('promise', 'bulkhead-full')).not.toHaveProperty('retryAfterSeconds');
  });

  it('leaves other errors to Nest', async () => {
    const { send } = await start();

    expect(await send('promise', 'bug')).toStrictEqual({ status: 'error', message: 'Internal server error' });
  });

  it('logs the refusal of an event, which has no response', async () => {
    const { client, controller, send, warn } = await start();

    await lastValueFrom(client.emit('event', 'bulkhead-full'), { defaultValue: undefined });
    expect(await controller.event.promise).toBe('bulkhead-full');
    expectSafe(await send('promise', 'deadline-exceeded'), 'deadline-exceeded');

    expect(warn).toHaveBeenCalledWith(errors['bulkhead-full']?.message);
  });

  it('calls a fallback with the arguments that the handler declares, without data and context', async () => {
    const { send } = await start();

    expect(await send('no arguments', 'data')).toStrictEqual(['Error: down']);
  });
});

describe('ResilienceExceptionFilter in an application with HTTP and a microservice', () => {
  it('responds to both', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const module = await moduleWith({ controllers: [FailingController] });
    const application = module.createNestApplication({ logger: false });
    const microservice = application.connectMicroservice<MicroserviceOptions>(tcp, { inheritAppConfig: true });
    await application.startAllMicroservices();
    await application.listen(0, '127.0.0.1');
    onTestFinished(() => application.close());

    const response = await fetch(`${await application.getUrl()}/bulkhead-full`);
    const client = clientOf(microservice.unwrap<Server>());
    const message = lastValueFrom(client.send('promise', 'bulkhead-full')).catch((error: unknown) => error);

    expect(response.status).toBe(503);
    expectSafe(await message, 'bulkhead-full');
  });
});

/** A WebSocket server in memory: a connection is an event of the server, a message one of the client. */
class MemoryAdapter extends AbstractWsAdapter {
  readonly server = Object.assign(new EventEmitter(), { close: (done: () => void) => done() });

  override create() {
    return this.server;
  }

  override bindMessageHandlers(
    client: EventEmitter,
    handlers: readonly { readonly message: string; readonly callback: (data: unknown) => unknown }[],
    transform: (data: unknown) => Observable<unknown>,
  ): void {
    for (const { message, callback } of handlers) {
      client.on(message, (data: unknown) => transform(callback(data)).subscribe());
    }
  }
}

describe('ResilienceExceptionFilter in a WebSocket gateway', () => {
  @WebSocketGateway()
  @UseFilters(ResilienceExceptionFilter)
  class FailingGateway extends Failing {
    @SubscribeMessage('promise')
    async promise(_client: unknown, kind: string): Promise<never> {
      return this.fail(kind);
    }

    @SubscribeMessage('observable')
    observable(_client: unknown, kind: string): Observable<never> {
      return this.failing(kind);
    }
  }

  async function connect(client: EventEmitter) {
    const module = await moduleWith({ providers: [FailingGateway] });
    const application = module.createNestApplication({ logger: false });
    const adapter = new MemoryAdapter();
    application.useWebSocketAdapter(adapter);
    await application.init();
    onTestFinished(() => application.close());
    adapter.server.emit('connection', client);
    await new Promise(setImmediate);
  }

  it.each(['promise', 'observable'])(
    "emits 'exception' to a client of Socket.IO, for an error of %s",
    async (pattern) => {
      const client = new EventEmitter();
      await connect(client);

      for (const kind of kinds) {
        const exception = once(client, 'exception');
        client.emit(pattern, kind);
        const [payload] = await exception;

        expectSafe(payload, kind);
        expect(payload).toMatchObject({ cause: { pattern, data: kind } });
      }
    },
  );

  it.each(['promise', 'observable'])("sends 'exception' to a WebSocket, for an error of %s", async (pattern) => {
    const sent = new EventEmitter();
    const send = (text: string) => sent.emit('text', text);
    const client = Object.assign(new EventEmitter(), { readyState: 1, send });
    await connect(client);

    for (const kind of kinds) {
      const text = once(sent, 'text');
      client.emit(pattern, kind);
      const { event, data } = JSON.parse(String(await text)) as { readonly event: string; readonly data: unknown };

      expect(event).toBe('exception');
      expectSafe(data, kind);
    }
  });
});
