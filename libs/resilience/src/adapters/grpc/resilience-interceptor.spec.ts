import {
  type Client,
  type ClientUnaryCall,
  credentials,
  makeClientConstructor,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deadline } from '../../core/deadline.ts';
import { createRegistries } from '../../core/policies.ts';
import { standardPipeline, type StandardOptions } from '../../core/standard-pipeline.ts';
import { withResolvers } from '../../core/with-resolvers.ts';
import { type GrpcInterceptorOptions, resilienceInterceptor } from './index.ts';

const text = { serialize: (value: string) => Buffer.from(value), deserialize: (bytes: Buffer) => bytes.toString() };
const definitionOf = (method: string, responseStream = false): MethodDefinition<string, string> => ({
  path: `/shop.Payments/${method}`,
  requestStream: false,
  responseStream,
  requestSerialize: text.serialize,
  requestDeserialize: text.deserialize,
  responseSerialize: text.serialize,
  responseDeserialize: text.deserialize,
});
const service = { get: definitionOf('Get'), pay: definitionOf('Pay'), list: definitionOf('List', true) };

type Reply = Partial<ServiceError> | string;
type Handle = (call: ServerUnaryCall<string, string>, count: number) => Promise<Reply> | Reply;

let server: Server;
let address: string;
let handle: Handle;
let calls: ServerUnaryCall<string, string>[];
const clients: Client[] = [];

beforeEach(async () => {
  calls = [];
  handle = ({ request }) => `${request}: done`;
  server = new Server();
  const unary = async (
    call: ServerUnaryCall<string, string>,
    respond: (error: Partial<ServiceError> | null, value?: string) => void,
  ): Promise<void> => {
    calls.push(call);
    const reply = await handle(call, calls.length);
    if (typeof reply === 'string') respond(null, reply);
    else respond(reply);
  };
  server.addService(service, {
    get: unary,
    pay: unary,
    list: (call: { readonly request: string; write(value: string): void; end(): void }) => {
      if (call.request === 'endless') {
        call.write('a');
        return;
      }
      for (const value of ['a', 'b', 'c']) call.write(value);
      call.end();
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  address = `127.0.0.1:${port}`;
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  server.forceShutdown();
});

type Method = (
  message: string,
  metadata: Metadata,
  options: object,
  done: (error: ServiceError | null, value?: string) => void,
) => ClientUnaryCall;

interface Payments extends Client {
  readonly get: Method;
  readonly pay: Method;
  list(message: string): AsyncIterable<string>;
}

function clientWith(options: GrpcInterceptorOptions): Payments {
  const Payments = makeClientConstructor(service, 'Payments');
  const interceptors = [resilienceInterceptor({ isIdempotent: (path) => path.endsWith('/Get'), ...options })];
  const client = new Payments(address, credentials.createInsecure(), { interceptors }) as unknown as Payments;
  clients.push(client);
  return client;
}

const standard = (overrides: StandardOptions = {}, registries = createRegistries()) =>
  standardPipeline('payments', { retry: { waitDuration: 0 }, ...overrides }, registries);

/** The value of a call, or the code of its status. */
function call(
  client: Payments,
  method: 'get' | 'pay',
  { metadata = {}, options = {} }: { readonly metadata?: Record<string, string>; readonly options?: object } = {},
): Promise<string | status> {
  const sent = new Metadata();
  for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
  return new Promise((resolve) => {
    client[method]('17', sent, options, (error, value) => resolve(error === null ? value! : error.code));
  });
}

describe('The interceptor for gRPC', () => {
  it('returns the message of a successful call', async () => {
    expect(await call(clientWith({ policy: standard() }), 'get')).toBe('17: done');
  });

  it.each([
    [status.CANCELLED, 1],
    [status.UNKNOWN, 3],
    [status.INVALID_ARGUMENT, 1],
    [status.DEADLINE_EXCEEDED, 3],
    [status.NOT_FOUND, 1],
    [status.ALREADY_EXISTS, 1],
    [status.PERMISSION_DENIED, 1],
    [status.RESOURCE_EXHAUSTED, 3],
    [status.FAILED_PRECONDITION, 1],
    [status.ABORTED, 1],
    [status.OUT_OF_RANGE, 1],
    [status.UNIMPLEMENTED, 1],
    [status.INTERNAL, 3],
    [status.UNAVAILABLE, 3],
    [status.DATA_LOSS, 3],
    [status.UNAUTHENTICATED, 1],
  ])('repeats the status %i as its HTTP status requires: %i attempts', async (code, attempts) => {
    const registries = createRegistries();
    handle = () => ({ code, details: 'failed' });

    expect(await call(clientWith({ policy: standard({}, registries) }), 'get')).toBe(code);

    const { failedCalls } = registries.circuitBreaker.find('payments')!.metrics;
    expect([calls.length, failedCalls]).toStrictEqual([attempts, attempts === 1 ? 0 : attempts]);
  });

  it('never repeats a method that is not idempotent, unless the call has an idempotency key', async () => {
    handle = () => ({ code: status.UNAVAILABLE, details: 'overloaded' });
    const client = clientWith({ policy: standard() });

    await call(client, 'pay');
    expect(calls.length).toBe(1);

    await call(client, 'pay', { metadata: { 'idempotency-key': '17' } });
    expect(calls.length).toBe(4);
  });

  it('does not repeat a call when the server pushes back', async () => {
    const metadata = new Metadata();
    metadata.set('grpc-retry-pushback-ms', '-1');
    handle = () => ({ code: status.UNAVAILABLE, details: 'overloaded', metadata });

    expect(await call(clientWith({ policy: standard() }), 'get')).toBe(status.UNAVAILABLE);

    expect(calls.length).toBe(1);
  });

  it('waits as long as the server requires', async () => {
    const metadata = new Metadata();
    metadata.set('grpc-retry-pushback-ms', '300');
    handle = (_call, count) => (count === 1 ? { code: status.UNAVAILABLE, details: 'overloaded', metadata } : 'done');
    const startedAt = performance.now();

    expect(await call(clientWith({ policy: standard() }), 'get')).toBe('done');

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(290);
  });

  it('passes the earliest deadline to the server: of the call, of its context, of the policy', async () => {
    const inMs = (ms: number) => ({ deadline: Date.now() + ms });
    // It may be a millisecond more than was left, which gRPC rounds up.
    const remaining = (): number => Number(calls.at(-1)!.getDeadline()) - Date.now();

    await call(clientWith({ policy: standard() }), 'get', { options: inMs(3_000) });
    expect(remaining()).toBeLessThan(3_500);
    await call(clientWith({ policy: standard(), context: () => ({ deadline: Deadline.after('2s') }) }), 'get');
    expect(remaining()).toBeLessThan(2_500);
    await call(clientWith({ policy: standard({ timeLimiter: { timeoutDuration: '1s' } }) }), 'get');
    expect(remaining()).toBeLessThan(1_500);
    expect(remaining()).toBeGreaterThan(-60_000);
  });

  it('ends a call on the server when an attempt times out, and reports DEADLINE_EXCEEDED', async () => {
    const cancelled = withResolvers<void>();
    handle = (serverCall) => {
      serverCall.on('cancelled', () => cancelled.resolve());
      return new Promise<string>(() => {});
    };
    const policy = standard({ timeLimiter: { timeoutDuration: 100 } });

    expect(await call(clientWith({ policy }), 'pay')).toBe(status.DEADLINE_EXCEEDED);

    await cancelled.promise;
    expect(calls.length).toBe(1);
  });

  it('ends a call on the server when the caller cancels it', async () => {
    const arrived = withResolvers<void>();
    const cancelled = withResolvers<void>();
    handle = (serverCall) => {
      serverCall.on('cancelled', () => cancelled.resolve());
      arrived.resolve();
      return new Promise<string>(() => {});
    };
    const ended = withResolvers<ServiceError | null>();
    const client = clientWith({ policy: standard() });

    const inFlight = client.get('17', new Metadata(), {}, ended.resolve);
    await arrived.promise;
    inFlight.cancel();

    expect((await ended.promise)?.code).toBe(status.CANCELLED);
    await cancelled.promise;
    expect(calls.length).toBe(1);
  });

  it('ends a call on the server when the context around it is aborted', async () => {
    const arrived = withResolvers<void>();
    const cancelled = withResolvers<void>();
    handle = (serverCall) => {
      serverCall.on('cancelled', () => cancelled.resolve());
      arrived.resolve();
      return new Promise<string>(() => {});
    };
    const controller = new AbortController();

    const inFlight = call(clientWith({ policy: standard(), context: () => controller }), 'get');
    await arrived.promise;
    controller.abort(new Error('not needed'));

    expect(await inFlight).toBe(status.CANCELLED);
    await cancelled.promise;
    expect(calls.length).toBe(1);
  });

  it('ends a stream when the context around it is aborted', async () => {
    const controller = new AbortController();
    const values: string[] = [];

    const reading = (async () => {
      for await (const value of clientWith({ policy: standard(), context: () => controller }).list('endless')) {
        values.push(value);
        controller.abort();
      }
    })();

    await expect(reading).rejects.toMatchObject({ code: status.CANCELLED });
    expect(values).toStrictEqual(['a']);
    expect(getEventListeners(controller.signal, 'abort')).toStrictEqual([]);
  });

  it('takes an empty idempotency key for none', async () => {
    handle = () => ({ code: status.UNAVAILABLE });

    await call(clientWith({ policy: standard() }), 'pay', { metadata: { 'idempotency-key': '' } });

    expect(calls.length).toBe(1);
  });

  it('reports UNAVAILABLE while the circuit breaker is open', async () => {
    const registries = createRegistries();
    const client = clientWith({ policy: standard({}, registries) });
    registries.circuitBreaker.find('payments')!.transitionToOpenState();

    expect(await call(client, 'get')).toBe(status.UNAVAILABLE);

    expect(calls).toStrictEqual([]);
  });

  it('names calls by their service by default', async () => {
    const names: string[] = [];

    await call(clientWith({ policy: (name) => (names.push(name), standard()) }), 'get');

    expect(names).toStrictEqual(['shop.Payments']);
  });

  it('passes the messages of a stream unchanged', async () => {
    expect(await Array.fromAsync(clientWith({ policy: standard() }).list('all'))).toStrictEqual(['a', 'b', 'c']);
  });
});
