import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registryToken } from '../../core/policies.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { ResilienceModule } from '../resilience.module.ts';
import { ResilienceActuatorModule } from './actuator.module.ts';
import { EventStream, EventStreamController } from './event-stream.ts';

interface ReadEvent {
  readonly id: number;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A client that reads the stream over a real connection. */
class Reader {
  readonly response: IncomingMessage;
  readonly blocks: string[] = [];
  isEnded = false;

  private constructor(response: IncomingMessage) {
    this.response = response;
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      const parts = (rest + text).split('\n\n');
      rest = parts.pop() ?? '';
      this.blocks.push(...parts);
    });
    response.on('close', () => {
      this.isEnded = true;
    });
    response.on('error', () => {});
  }

  static async open(url: string): Promise<Reader> {
    const request = get(`${url}/actuator/events/stream`);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new Reader(response);
  }

  get events(): readonly ReadEvent[] {
    return this.blocks.flatMap((block) => {
      const [, id, event, data] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      return data === undefined ? [] : [{ id: Number(id), event: String(event), data: JSON.parse(data) as never }];
    });
  }

  async read(count: number): Promise<readonly ReadEvent[]> {
    await vi.waitUntil(() => this.events.length >= count, { interval: 5 });
    return this.events;
  }
}

/** Stands for the context of a tracing system. */
const traceOfCall = new AsyncLocalStorage<string | undefined>();

describe('GET events/stream', () => {
  let clock: FakeClock;
  let application: NestFastifyApplication;
  let url: string;

  beforeEach(async () => {
    clock = new FakeClock();
    const instances = { customer: { slidingWindowSize: 4, minimumNumberOfCalls: 2 } };
    const module = await Test.createTestingModule({
      imports: [
        ResilienceModule.forRoot({
          env: {},
          clock,
          circuitBreaker: { instances },
          bulkhead: { instances: { customer: {} } },
        }),
        ResilienceActuatorModule.forRoot({ currentTraceId: () => traceOfCall.getStore() }),
      ],
    }).compile();
    application = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    application.enableShutdownHooks();
    await application.listen(0, '127.0.0.1');
    url = await application.getUrl();
  });

  afterEach(() => application.close());

  const customer = () => application.get(registryToken('circuitBreaker')).getOrCreate('customer');

  it('responds to HEAD with the headers at once, also when no client can connect, and does not count it as one', async () => {
    const stream = application.get(EventStream);
    const head = async () => {
      const [response] = (await once(
        request(`${url}/actuator/events/stream`, { method: 'HEAD' }).end(),
        'response',
      )) as [IncomingMessage];
      await once(response.resume(), 'end');
      return response;
    };

    const open = await head();
    const clients = stream.clients;
    vi.spyOn(stream, 'isOpen', 'get').mockReturnValue(false);
    const full = await head();

    expect([open.statusCode, full.statusCode]).toEqual([200, 200]);
    expect(open.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(clients).toBe(0);
  });

  it('names the trace in which an event occurred, and none for others', async () => {
    const reader = await Reader.open(url);
    await reader.read(1);

    traceOfCall.run('0af7651916cd43dd8448eb211c80319c', () => customer().onError(1, new Error('down')));
    customer().onSuccess(1);

    const [, failed, succeeded] = await reader.read(3);
    expect(failed).toMatchObject({ event: 'ERROR', data: { traceId: '0af7651916cd43dd8448eb211c80319c' } });
    expect(succeeded).toMatchObject({ event: 'SUCCESS' });
    expect(succeeded?.data).not.toHaveProperty('traceId');
  });

  it('starts with a snapshot of all policies', async () => {
    customer().onSuccess(1);

    const reader = await Reader.open(url);
    const [snapshot] = await reader.read(1);

    expect(reader.response.statusCode).toBe(200);
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(snapshot).toMatchObject({
      event: 'snapshot',
      data: {
        circuitBreakers: { customer: { bufferedCalls: 1, state: 'CLOSED' } },
        retries: [],
        bulkheads: ['customer'],
        rateLimiters: [],
        timeLimiters: [],
      },
    });
    reader.response.destroy();
  });

  it('sends each event with the state and the rates after it, with consecutive ids', async () => {
    const reader = await Reader.open(url);
    await reader.read(1);

    customer().onSuccess(7);
    await Promise.resolve();
    customer().onError(3, new Error('down'));

    const [first, ...events] = await reader.read(5);
    expect(events.map(({ id }) => id - first!.id)).toStrictEqual([1, 2, 3, 4]);
    expect(events.map(({ event }) => event)).toStrictEqual([
      'SUCCESS',
      'ERROR',
      'FAILURE_RATE_EXCEEDED',
      'STATE_TRANSITION',
    ]);
    expect(events[0]!.data).toStrictEqual({
      pattern: 'circuitBreaker',
      name: 'customer',
      circuitBreakerName: 'customer',
      type: 'SUCCESS',
      creationTime: '2023-11-14T22:13:20.000Z',
      errorMessage: null,
      durationInMs: 7,
      stateTransition: null,
      failureRate: '-1.0%',
      slowCallRate: '-1.0%',
      failureRateThreshold: '50.0%',
      slowCallRateThreshold: '100.0%',
      bufferedCalls: 1,
      failedCalls: 0,
      slowCalls: 0,
      slowFailedCalls: 0,
      notPermittedCalls: 0,
      state: 'CLOSED',
    });
    expect(events[1]!.data).toMatchObject({ errorMessage: 'Error: down', failureRate: '50.0%', state: 'OPEN' });
    expect(events[3]!.data).toMatchObject({ stateTransition: 'CLOSED_TO_OPEN', state: 'OPEN' });
    expect(events[3]!.data['transition']).toStrictEqual({ from: 'CLOSED', to: 'OPEN' });
    reader.response.destroy();
  });

  it('sends events of every policy, and of instances that are created later', async () => {
    const reader = await Reader.open(url);
    await reader.read(1);

    application.get(registryToken('bulkhead')).getOrCreate('stock').tryAcquirePermission();
    await application
      .get(registryToken('hedge'))
      .getOrCreate('stock')
      .execute(async () => 'value');

    const events = await reader.read(3);
    expect(events.slice(1).map(({ data }) => data)).toMatchObject([
      { pattern: 'bulkhead', bulkheadName: 'stock', type: 'CALL_PERMITTED' },
      { pattern: 'hedge', hedgeName: 'stock', type: 'SUCCESS' },
    ]);
    reader.response.destroy();
  });

  it('sends the changed options of a reconfigured instance', async () => {
    const reader = await Reader.open(url);
    await reader.read(1);

    application
      .get(registryToken('circuitBreaker'))
      .prepareDefinitions({ instances: { customer: { slidingWindowSize: 4, minimumNumberOfCalls: 3 } } })
      .apply();

    const [, event] = await reader.read(2);
    expect(event).toMatchObject({
      event: 'ENTRY_RECONFIGURED',
      data: {
        pattern: 'circuitBreaker',
        name: 'customer',
        type: 'ENTRY_RECONFIGURED',
        changes: [{ option: 'minimumNumberOfCalls', before: 2, after: 3 }],
      },
    });
    reader.response.destroy();
  });

  it('sends a heartbeat every 15 s', async () => {
    const reader = await Reader.open(url);
    await reader.read(1);

    clock.advance(30_000);

    await vi.waitFor(() => expect(reader.blocks.slice(1)).toStrictEqual([': heartbeat', ': heartbeat']));
    reader.response.destroy();
  });

  it('removes its listeners when the last client disconnects', async () => {
    const timersWithoutClients = clock.pendingTimers;
    const [one, other] = [await Reader.open(url), await Reader.open(url)];
    await Promise.all([one.read(1), other.read(1)]);
    const stream = application.get(EventStream, { strict: false });
    expect(stream.clients).toBe(2);

    one.response.destroy();
    await vi.waitFor(() => expect(stream.clients).toBe(1));
    customer().onSuccess(1);
    await other.read(2);
    other.response.destroy();
    await vi.waitFor(() => expect(stream.clients).toBe(0));

    expect(clock.pendingTimers).toBe(timersWithoutClients);
    expect(one.events).toHaveLength(1);
    const next = await Reader.open(url);
    await next.read(1);
    customer().onSuccess(1);
    customer().onError(1, new Error('down'));
    const received = (await next.read(3)).slice(0, 3).map(({ event }) => event);
    expect(received).toStrictEqual(['snapshot', 'SUCCESS', 'ERROR']);
    next.response.destroy();
  });

  it('drops events for a slow client, and sends it their number', async () => {
    const reader = await Reader.open(url);
    await reader.read(1);

    for (let call = 0; call < 5_000; call++) customer().onSuccess(1);

    await vi.waitFor(() => expect(reader.events.at(-1)?.id).toBe(5_001), { interval: 5 });
    const at = reader.blocks.findIndex((block) => block.startsWith('event: dropped'));
    const count = Number(/"count":(\d+)/.exec(reader.blocks[at] ?? '')?.[1]);
    const [before, after] = [reader.blocks.slice(0, at), reader.blocks.slice(at + 1)];
    expect(after.length).toBe(1_000);
    expect(before.length + count + after.length).toBe(5_001);
    reader.response.destroy();
  });

  it("works on Express, whose response is Node's own", async () => {
    const controller = application.get(EventStreamController, { strict: false });
    const server = createServer((_request, response) => {
      response.setHeader('x-request-id', '7');
      controller.open(response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');

    const reader = await Reader.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await reader.read(1);

    expect(reader.response.headers).toMatchObject({
      'content-type': expect.stringMatching('event-stream'),
      'x-request-id': '7',
    });
    reader.response.destroy();
    server.close();
  });

  it('ends when the application closes, without waiting for its clients', async () => {
    const reader = await Reader.open(url);
    await reader.read(1);

    await application.close();

    await vi.waitFor(() => expect(reader.isEnded).toBe(true));
    expect(reader.response.complete).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('responds with 503 when 100 clients are connected', async () => {
    const readers = await Promise.all(Array.from({ length: 100 }, () => Reader.open(url)));

    const refused = await Reader.open(url);
    expect(refused.response.statusCode).toBe(503);

    for (const reader of [...readers, refused]) reader.response.destroy();
  });
});
