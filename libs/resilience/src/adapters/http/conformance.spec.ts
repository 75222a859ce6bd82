import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { readFileSync } from 'node:fs';
import {
  type Client as GrpcClient,
  type ClientReadableStream,
  type ClientUnaryCall,
  credentials,
  type Interceptor,
  makeClientConstructor,
  type MethodDefinition,
  Server as GrpcServer,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { HttpService } from '@nestjs/axios';
import { Test } from '@nestjs/testing';
import { propagation } from '@opentelemetry/api';
import axios from 'axios';
import { Agent, request as undiciRequest } from 'undici';
import { firstValueFrom } from 'rxjs';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BulkheadFullError } from '../../core/bulkhead/bulkhead.errors.ts';
import { Deadline } from '../../core/deadline.ts';
import type { CallContext, Policy, ProtectedCall } from '../../core/policy.ts';
import { createRegistries, type PolicyRegistries } from '../../core/policies.ts';
import { standardPipeline, standardPipelines, type StandardOptions } from '../../core/standard-pipeline.ts';
import { TimeoutExceededError } from '../../core/time-limiter/time-limiter.errors.ts';
import { withResolvers } from '../../core/with-resolvers.ts';
import { protectAxios } from '../axios/index.ts';
import { resilientFetch } from '../fetch/index.ts';
import { resilienceInterceptor as grpcInterceptor } from '../grpc/index.ts';
import { ResilientHttpModule } from '../nest-axios/index.ts';
import { resilienceInterceptor } from '../undici/index.ts';
import type { HttpAdapterOptions } from './http-adapter.ts';

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Readable;
  readonly signal?: AbortSignal;
}

interface Received {
  readonly status: number;
  readonly body: Readable;
}

/** A client with an adapter, or whose transport always fails with an error. */
interface Client {
  readonly name: string;
  protect(options: HttpAdapterOptions, transport?: () => Error): (url: string, sent?: Sent) => Promise<Received>;
}

const agent = new Agent({ connections: 1_000 });

const clients: readonly Client[] = [
  {
    name: 'fetch',
    protect(options, transport) {
      const failing = transport && { fetch: () => Promise.reject(transport()) };
      const protectedFetch = resilientFetch({ ...options, ...failing });
      return async (url, { body, ...sent } = {}) => {
        const isStream = body instanceof Readable;
        const init = {
          ...sent,
          ...(body === undefined
            ? {}
            : {
                body: isStream ? (Readable.toWeb(body) as ReadableStream) : body,
              }),
          ...(isStream ? { duplex: 'half' } : {}),
        } as RequestInit;
        const response = await protectedFetch(url, init);
        const stream = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body as never);
        return { status: response.status, body: stream };
      };
    },
  },
  {
    name: 'axios',
    protect(options, transport) {
      const failing = transport && {
        adapter: () => Promise.reject(transport()),
      };
      const instance = axios.create({
        responseType: 'stream',
        validateStatus: null,
        ...failing,
      });
      protectAxios(instance, options);
      return async (url, { body, ...sent } = {}) => {
        const { status, data } = await instance.request<Readable>({
          url,
          ...sent,
          data: body,
        });
        return { status, body: data };
      };
    },
  },
  {
    name: 'axios, whose errors are exceptions,',
    protect(options, transport) {
      const failing = transport && {
        adapter: () => Promise.reject(transport()),
      };
      const instance = protectAxios(axios.create({ responseType: 'stream', ...failing }), options);
      return async (url, { body, ...sent } = {}) => {
        try {
          const { status, data } = await instance.request<Readable>({
            url,
            ...sent,
            data: body,
          });
          return { status, body: data };
        } catch (error) {
          if (!axios.isAxiosError<Readable>(error) || error.response === undefined) throw error;
          return { status: error.response.status, body: error.response.data };
        }
      };
    },
  },
  {
    name: 'undici',
    protect(options, transport) {
      const failing = agent.compose(() => (_given, handler) => {
        handler.onResponseError?.(undefined as never, transport!());
        return true;
      });
      const dispatcher = (transport === undefined ? agent : failing).compose(resilienceInterceptor(options));
      return async (url, { method = 'GET', ...sent } = {}) => {
        const { statusCode, body } = await undiciRequest(url, {
          dispatcher,
          method: method as 'GET',
          ...sent,
        });
        return { status: statusCode, body };
      };
    },
  },
];

/** The rows of the classification's tables as they were when the snapshot was last updated (http-classification.spec.ts). */
const classifiedErrors = readFileSync(new URL('../../core/http-classification.fixture.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((row) => row.split('\t') as [property: string, value: string, kind: string]);

/** What the classification recognises otherwise, with the outcome that it is. */
const otherErrors: readonly (readonly [what: string, outcome: string, error: Error])[] = [
  ...[TypeError, ReferenceError, RangeError, SyntaxError, EvalError, URIError].map(
    (errorClass) => [`a ${errorClass.name}`, 'program_error', new errorClass('failed')] as const,
  ),
  ['an error of TLS', 'program_error', errorWith({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' })],
  ['a response that is too long for axios', 'program_error', new Error('maxContentLength size of 17 exceeded')],
  ['an error that shows nothing', 'unknown', new Error('failed')],
  [
    'errors of which one may be temporary',
    'no_response',
    new AggregateError([errorWith({ code: 'ECONNRESET' }), new TypeError()]),
  ],
  ['errors of the program', 'program_error', new AggregateError([new TypeError(), new RangeError()])],
  [
    'a refusal by another policy in a cause',
    'refused',
    new Error('failed', { cause: new BulkheadFullError('other', 1, 0) }),
  ],
  [
    'a timeout of another policy in a cause',
    'timeout',
    new Error('failed', { cause: new TimeoutExceededError('other', 100, 'timeoutDuration') }),
  ],
  ...(
    [
      [302, 'success'],
      [408, 'timeout'],
      [429, 'throttled'],
      [501, 'client_error'],
    ] as const
  ).map(([status, outcome]) => [`the status ${status}`, outcome, errorWith({ status })] as const),
  ...[400, 503].flatMap((status) =>
    [
      { status },
      { statusCode: status },
      { response: { status } },
      { response: { statusCode: status } },
      { $metadata: { httpStatusCode: status } },
    ].map(
      (properties) =>
        [JSON.stringify(properties), status === 503 ? 'server_error' : 'client_error', errorWith(properties)] as const,
    ),
  ),
];

function errorWith(properties: object): Error {
  return Object.assign(new Error('failed'), properties);
}

type Handle = (request: IncomingMessage, response: ServerResponse, count: number) => void;

let server: Server;
let origin: string;
let handle: Handle;
let requests: {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}[];
const sockets = new Set<Socket>();

// Each test has a server of its own, so that no client has a connection of another test.
beforeEach(async () => {
  requests = [];
  handle = (_request, response) => response.end('ok');
  server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers });
    handle(request, response, requests.length);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

afterAll(() => agent.destroy());

/** The sockets that clients have opened and not closed. */
const clientSockets = new Set<Socket>();
subscribe('net.client.socket', (message) => {
  const { socket } = message as { readonly socket: Socket };
  clientSockets.add(socket);
  socket.on('close', () => clientSockets.delete(socket));
});

/** Waits until the server, or a client, has at most so many connections. */
async function socketsAtMost(limit: number, open: ReadonlySet<Socket> = sockets): Promise<void> {
  const end = Date.now() + 60_000;
  while (open.size > limit) {
    if (Date.now() > end) throw new Error(`${open.size} sockets are open after 60 s; at most ${limit} are allowed.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const textOf = async ({ body }: Received): Promise<string> => (await buffer(body)).toString();
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const failing: Handle = (_request, response) => response.writeHead(503).end('overloaded');
const withKey = { headers: { 'Idempotency-Key': '17' } };

/**
 * A server that ends no response, and begins every second one. It has an event loop of its own, because libuv accepts one
 * connection per turn (libuv#3696): in the loop of clients that open many per turn, its queue of connections overflows. The
 * kernel then drops packets of connections that the client has closed, and the server learns that minutes later.
 */
const endlessServer = `
  const { createServer } = require('node:http');
  const { parentPort } = require('node:worker_threads');
  const sockets = new Set();
  let requests = 0;
  const server = createServer((_request, response) => void (++requests % 2 === 0 && response.write('first')));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
  parentPort.on('message', () => parentPort.postMessage({ requests, openSockets: sockets.size }));
`;

/** The sockets that are open after aborted calls of an HTTP client to a server that does not respond; waits up to 60 s. */
async function socketsAfterAborts(call: (url: string, signal: AbortSignal) => Promise<unknown>) {
  const worker = new Worker(endlessServer, { eval: true });
  try {
    const [port] = (await once(worker, 'message')) as [number];
    await abortCalls((signal) => call(`http://127.0.0.1:${port}`, signal));

    await failureOf(socketsAtMost(0, clientSockets));
    const end = Date.now() + 60_000;
    for (;;) {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
      worker.postMessage('state');
      const [state] = (await once(worker, 'message')) as [{ requests: number; openSockets: number }];
      expect(state.requests).toBeGreaterThan(abortedCalls / 4);
      const open = { ofClient: clientSockets.size, ofServer: state.openSockets };
      if (open.ofServer === 0 || Date.now() > end) return open;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await worker.terminate();
  }
}

const abortedCalls = Number(process.env['ABORTED_CALLS'] ?? 300);

/** Makes calls, 20 at a time, and aborts each 0 to 9 ms after its start, and again when it has returned. */
async function abortCalls(call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  let started = 0;
  const abortInTurn = async (): Promise<void> => {
    while (started < abortedCalls) {
      const turn = started++;
      const controller = new AbortController();
      const failure = failureOf(call(controller.signal));
      setTimeout(() => controller.abort(), turn % 10);
      await failure;
      controller.abort();
    }
  };
  await Promise.all(Array.from({ length: 20 }, abortInTurn));
}

/** Standard pipelines whose retries do not wait. */
const noWait: StandardOptions = { retry: { waitDuration: 0 } };
const standard = (overrides: StandardOptions = {}, registries?: PolicyRegistries): Policy =>
  standardPipeline('server', { ...noWait, ...overrides }, registries);

function grpcMethod(name: string, responseStream: boolean): MethodDefinition<string, string> {
  const serialize = (value: string) => Buffer.from(value);
  return {
    path: `/shop.Payments/${name}`,
    requestStream: false,
    responseStream,
    requestSerialize: serialize,
    requestDeserialize: String,
    responseSerialize: serialize,
    responseDeserialize: String,
  };
}

interface PaymentsClient extends GrpcClient {
  get(message: string, done: (error: Error | null) => void): ClientUnaryCall;
  list(message: string): ClientReadableStream<string>;
}

/** Chooses an endpoint, as a load balancer does. */
const toEndpoint = (url: string): Policy => ({
  name: 'balancer',
  execute: async <T>(call: ProtectedCall<T>, context?: Partial<CallContext>) =>
    call({
      signal: new AbortController().signal,
      attempt: 1,
      ...context,
      endpoint: { url, name: 'replica-1' },
    }),
});

describe.each(clients)('$name with an adapter', ({ protect }) => {
  it('streams a response unchanged', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    handle = async (_request, response) => {
      for (let index = 0; index < 80; index++) if (!response.write(chunk)) await once(response, 'drain');
      response.end('end');
    };

    const received = await protect({ policy: standard() })(origin);

    const body = await buffer(received.body);
    expect([body.length, body.subarray(-4).toString()]).toStrictEqual([80 * chunk.length + 3, 'xend']);
  });

  it('returns before a response has ended', async () => {
    handle = (_request, response) => response.write('first');

    const { body } = await protect({ policy: standard() })(origin);

    expect(String((await once(body, 'data'))[0])).toBe('first');
    body.on('error', () => {}).destroy();
  });

  it('sends a body unchanged with each attempt', async () => {
    const bodies: string[] = [];
    handle = async (request, response, count) => {
      bodies.push((await buffer(request)).toString());
      response.writeHead(count < 3 ? 503 : 200).end();
    };

    const { status } = await protect({ policy: standard() })(origin, {
      method: 'PUT',
      body: 'payment',
    });

    expect([status, bodies]).toStrictEqual([200, ['payment', 'payment', 'payment']]);
  });

  it('sends a body that is a stream unchanged, once', async () => {
    const bodies: string[] = [];
    handle = async (request, response) => {
      bodies.push((await buffer(request)).toString());
      response.writeHead(503).end();
    };
    const body = Readable.from([Buffer.from('pay'), Buffer.from('ment')]);

    const { status } = await protect({ policy: standard() })(origin, {
      method: 'PUT',
      body,
    });

    expect([status, bodies]).toStrictEqual([503, ['payment']]);
  });

  it('repeats a GET, and a POST with an idempotency key', async () => {
    handle = failing;
    const send = protect({ policy: standard() });

    expect(await textOf(await send(origin))).toBe('overloaded');
    await textOf(await send(origin, { method: 'POST', ...withKey }));

    expect(requests.map(({ method }) => method)).toStrictEqual(['GET', 'GET', 'GET', 'POST', 'POST', 'POST']);
    expect(requests.at(-1)?.headers['idempotency-key']).toBe('17');
  });

  it('never repeats a POST without a key', async () => {
    const send = protect({ policy: standard() });
    handle = failing;
    expect(await textOf(await send(origin, { method: 'POST' }))).toBe('overloaded');

    handle = (request) => request.socket.destroy();
    expect(await failureOf(send(origin, { method: 'POST' }))).toBeInstanceOf(Error);

    expect(requests.length).toBe(2);
  });

  it('takes an empty idempotency key for none', async () => {
    handle = failing;

    await textOf(await protect({ policy: standard() })(origin, { method: 'POST', headers: { 'Idempotency-Key': '' } }));

    expect(requests.length).toBe(1);
  });

  it('sends a POST without a key once, also under a policy that repeats every call', async () => {
    handle = failing;
    const repeating: Policy = {
      name: 'repeating',
      async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>) {
        const given = {
          signal: new AbortController().signal,
          attempt: 1,
          ...context,
        };
        await call(given);
        return call({ ...given, attempt: 2 });
      },
    };

    expect(await textOf(await protect({ policy: repeating })(origin, { method: 'POST' }))).toBe('overloaded');

    expect(requests.length).toBe(1);
  });

  it('waits as long as Retry-After of a 503 requires', async () => {
    handle = (_request, response, count) =>
      count === 1 ? response.writeHead(503, { 'retry-after': '1' }).end() : response.end('ok');
    const startedAt = performance.now();

    await protect({ policy: standard() })(origin);

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
    expect(requests.length).toBe(2);
  });

  it('does not retry when Retry-After requires more than the policy waits', async () => {
    handle = (_request, response) => response.writeHead(503, { 'retry-after': '3600' }).end();

    expect((await protect({ policy: standard() })(origin)).status).toBe(503);

    expect(requests.length).toBe(1);
  });

  it('makes every status count for the circuit breaker as the retry judges it', async () => {
    const judged: Record<string, number[]> = { repeated: [], failures: [] };
    for (let status = 400; status < 600; status++) {
      // `fetch` has no response then, by its standard.
      if (status === 407) continue;
      const registries = createRegistries();
      requests = [];
      handle = (_request, response) => response.writeHead(status).end();
      const received = await protect({ policy: standard({}, registries) })(origin);
      received.body.resume();
      // `fetch` itself repeats some requests, so the attempts count and not what the server received.
      const { bufferedCalls, failedCalls } = registries.circuitBreaker.find('server')!.metrics;
      if (bufferedCalls > 1) judged['repeated']!.push(status);
      if (failedCalls > 0) judged['failures']!.push(status);
    }

    const permanent = new Set([501, 505, 506, 507, 508, 510, 511]);
    const others = Array.from({ length: 100 }, (_, index) => 500 + index).filter((each) => !permanent.has(each));
    expect(judged['repeated']).toStrictEqual([408, 429, ...others]);
    expect(judged['failures']).toStrictEqual(judged['repeated']);
  }, 120_000);

  /** How often a request whose transport fails is attempted, and what each outcome is for the circuit breaker. */

  it('repeats a request whose connection was closed, and one whose connection was refused', async () => {
    handle = (request, response, count) => (count === 1 ? request.socket.destroy() : response.end('ok'));
    expect(await textOf(await protect({ policy: standard() })(origin))).toBe('ok');
    expect(requests.length).toBe(2);

    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const registries = createRegistries();
    await failureOf(protect({ policy: standard({}, registries) })(`http://127.0.0.1:${port}`));
    expect(registries.circuitBreaker.find('server')!.metrics.failedCalls).toBe(3);
  });

  it('closes the socket when the caller aborts before the response', async () => {
    const arrived = withResolvers<void>();
    handle = () => arrived.resolve();
    const controller = new AbortController();

    const failure = failureOf(protect({ policy: standard() })(origin, { signal: controller.signal }));
    await arrived.promise;
    controller.abort();

    expect(await failure).toBeInstanceOf(Error);
    await expect(socketsAtMost(0)).resolves.toBeUndefined();
    expect(requests.length).toBe(1);
  });

  it('closes the socket when the caller aborts during the response', async () => {
    handle = (_request, response) => response.write('first');
    const controller = new AbortController();
    const { body } = await protect({ policy: standard() })(origin, {
      signal: controller.signal,
    });
    body.on('error', () => {}).resume();

    controller.abort();

    await expect(socketsAtMost(0)).resolves.toBeUndefined();
  });

  it('closes the socket when the context around it is aborted, before the response and during it', async () => {
    const arrived = withResolvers<void>();
    handle = (_request, response, count) => void (count === 1 ? arrived.resolve() : response.write('first'));
    const controllers = [new AbortController(), new AbortController()] as const;
    const sendIn = (controller: AbortController) => protect({ policy: standard(), context: () => controller })(origin);

    const failure = failureOf(sendIn(controllers[0]));
    await arrived.promise;
    controllers[0].abort();
    const { body } = await sendIn(controllers[1]);
    body.on('error', () => {}).resume();
    controllers[1].abort();

    expect(await failure).toBeInstanceOf(Error);
    await expect(socketsAtMost(0)).resolves.toBeUndefined();
    expect(requests.length).toBe(2);
  });

  it('closes the socket when the attempt times out, and repeats it', async () => {
    handle = (_request, response, count) => void (count === 3 && response.end('ok'));
    const policy = standard({ timeLimiter: { timeoutDuration: 100 } });

    expect(await textOf(await protect({ policy })(origin))).toBe('ok');

    await expect(socketsAtMost(1)).resolves.toBeUndefined();
    expect(requests.length).toBe(3);
  });

  it('holds no socket after many aborted calls', async () => {
    const send = protect({
      policy: standard({
        bulkhead: { maxConcurrentCalls: 50, maxWaitDuration: '1h' },
      }),
    });

    const open = await socketsAfterAborts(async (url, signal) => {
      const { body } = await send(url, { signal });
      body.on('error', () => {});
    });

    expect(open).toStrictEqual({ ofClient: 0, ofServer: 0 });
  }, 3_600_000);

  it('releases the connection of each response that it retries', async () => {
    const body = Buffer.alloc(1024 * 1024);
    handle = (_request, response, count) => response.writeHead(count % 3 === 0 ? 200 : 503).end(body);
    const send = protect({
      policy: standard({
        retryBudget: { minRetriesPerSecond: 1_000 },
        circuitBreaker: { minimumNumberOfCalls: 100 },
      }),
    });

    for (let turn = 0; turn < 10; turn++) await buffer((await send(origin)).body);

    expect(requests.length).toBe(30);
    await expect(socketsAtMost(1)).resolves.toBeUndefined();
  });

  it('passes the remaining time to the server', async () => {
    const context = () => ({ deadline: Deadline.after('5s') });
    const policy = standard({ timeLimiter: { timeoutDuration: '2s' } });

    await protect({ policy, context })(origin);

    const sent = Number(requests[0]?.headers['x-request-timeout-ms']);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThanOrEqual(2_000);
  });

  it('passes the trace to the server by the propagator of OpenTelemetry', async () => {
    propagation.setGlobalPropagator({
      inject: (_context, carrier, setter) => setter.set(carrier, 'traceparent', '00-1-2-01'),
      extract: (context) => context,
      fields: () => ['traceparent'],
    });
    try {
      await protect({ policy: standard() })(origin);
      await protect({ policy: standard(), traceHeaders: false })(origin);
    } finally {
      propagation.disable();
    }

    expect(requests.map(({ headers }) => headers['traceparent'])).toStrictEqual(['00-1-2-01', undefined]);
  });

  it('sends the request to the endpoint of the context', async () => {
    await protect({ policy: toEndpoint(`${origin}/base`) })('http://service.invalid/customers/1?fields=name');

    expect(requests.map(({ url }) => url)).toStrictEqual(['/base/customers/1?fields=name']);
  });

  it('has a pipeline for each host by default, or for each name', async () => {
    const registries = createRegistries();
    const policy = standardPipelines({}, registries);

    await protect({ policy })(origin);
    await protect({
      policy,
      name: ({ method, url }) => `${method} ${url.pathname.replace(/\d+/, '{id}')}`,
    })(`${origin}/customers/17`);

    expect(registries.circuitBreaker.names()).toStrictEqual(['other', new URL(origin).host, 'GET /customers/{id}']);
  });

  it('refuses calls while the circuit breaker is open', async () => {
    const registries = createRegistries();
    const send = protect({ policy: standard({}, registries) });
    registries.circuitBreaker.find('server')!.transitionToOpenState();

    expect(await failureOf(send(origin))).toMatchObject({
      code: 'CALL_NOT_PERMITTED',
    });

    expect(requests).toStrictEqual([]);
  });
});

describe('HttpService of ResilientHttpModule', () => {
  it('holds no socket after many calls whose subscribers unsubscribed, or whose signal was aborted', async () => {
    const module = await Test.createTestingModule({ imports: [ResilientHttpModule.register()] }).compile();
    const http = module.get(HttpService);
    const untilUnsubscribed = async (url: string, signal: AbortSignal): Promise<void> => {
      const subscription = http.get(url).subscribe({ error: () => {} });
      await once(signal, 'abort');
      subscription.unsubscribe();
    };
    // Nest's HttpService does not end the request of a stream when its subscriber unsubscribes.
    const untilAborted = async (url: string, signal: AbortSignal): Promise<void> => {
      const { data } = await firstValueFrom(http.get<Readable>(url, { responseType: 'stream', signal }));
      data.on('error', () => {});
    };
    let calls = 0;

    const open = await socketsAfterAborts((url, signal) =>
      calls++ % 2 === 0 ? untilUnsubscribed(url, signal) : untilAborted(url, signal),
    );

    expect(open).toStrictEqual({ ofClient: 0, ofServer: 0 });
    await module.close();
  }, 3_600_000);
});

describe('grpc-js with an adapter', () => {
  it('holds no call and no further socket after many cancelled calls', async () => {
    const openCalls = new Set<object>();
    const received = { unary: 0, streams: 0 };
    const hold = (call: ServerUnaryCall<string, string> | ServerWritableStream<string, string>): void => {
      openCalls.add(call);
      call.on('cancelled', () => openCalls.delete(call));
    };
    const service = { get: grpcMethod('Get', false), list: grpcMethod('List', true) };
    const grpcServer = new GrpcServer();
    grpcServer.addService(service, {
      get: (call: ServerUnaryCall<string, string>) => {
        received.unary++;
        hold(call);
      },
      list: (call: ServerWritableStream<string, string>) => {
        received.streams++;
        hold(call);
        call.write('first');
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      grpcServer.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    const Payments = makeClientConstructor(service, 'Payments');
    const policy = standard({ bulkhead: { maxConcurrentCalls: 50, maxWaitDuration: '1h' } });
    const interceptors = [grpcInterceptor({ policy })];
    const client = new Payments(`127.0.0.1:${port}`, credentials.createInsecure(), {
      interceptors,
    }) as unknown as PaymentsClient;
    const getUntilAborted = async (signal: AbortSignal): Promise<void> => {
      const ended = withResolvers<unknown>();
      const call = client.get('17', ended.resolve);
      signal.addEventListener('abort', () => call.cancel());
      await ended.promise;
    };
    const listUntilAborted = async (signal: AbortSignal): Promise<void> => {
      const ended = withResolvers<unknown>();
      const stream = client.list('17').on('data', ended.resolve).on('error', ended.resolve);
      signal.addEventListener('abort', () => stream.cancel());
      await ended.promise;
    };
    let calls = 0;

    await abortCalls((signal) => (calls++ % 2 === 0 ? getUntilAborted(signal) : listUntilAborted(signal)));

    expect(Math.min(received.unary, received.streams)).toBeGreaterThan(0);
    await vi.waitFor(() => expect(openCalls.size).toBe(0), 60_000);
    expect(clientSockets.size).toBe(1);
    client.close();
    await expect(socketsAtMost(0, clientSockets)).resolves.toBeUndefined();
    grpcServer.forceShutdown();
  }, 3_600_000);
});

/** A call whose transport always fails with an error, for every adapter. */
const failingCalls: readonly {
  readonly name: string;
  readonly fail: (policy: Policy, transport: () => Error) => Promise<unknown>;
}[] = [
  ...clients.map(({ name, protect }) => ({
    name,
    fail: (policy: Policy, transport: () => Error) => protect({ policy }, transport)('http://server/'),
  })),
  { name: 'grpc-js', fail: failOverGrpc },
];

function failOverGrpc(policy: Policy, transport: () => Error): Promise<unknown> {
  const Payments = makeClientConstructor({ get: grpcMethod('Get', false) }, 'Payments');
  const failing: Interceptor = () => {
    throw transport();
  };
  const interceptors = [grpcInterceptor({ policy, isIdempotent: () => true }), failing];
  const client = new Payments('127.0.0.1:1', credentials.createInsecure(), { interceptors }) as unknown as {
    get(message: string, done: (error: Error | null) => void): void;
    close(): void;
  };
  return new Promise<void>((resolve, reject) => {
    client.get('17', (error) => (error === null ? resolve() : reject(error)));
  }).finally(() => client.close());
}

describe.each(failingCalls)('The classification of outcomes with $name', ({ fail }) => {
  async function judge(error: Error): Promise<{
    readonly attempts: number;
    readonly outcomes: readonly unknown[];
  }> {
    const registries = createRegistries();
    const policy = standard({}, registries);
    const outcomes: unknown[] = [];
    const breaker = registries.circuitBreaker.find('server')!;
    breaker.on('ERROR', ({ outcome }) => outcomes.push(outcome));
    breaker.on('IGNORED_ERROR', ({ outcome }) => outcomes.push(outcome));
    breaker.on('SUCCESS', ({ outcome }) => outcomes.push(outcome));
    let attempts = 0;
    const transport = (): Error => {
      attempts++;
      return error;
    };
    await failureOf(fail(policy, transport));
    return { attempts, outcomes };
  }

  const outcomeOfKind: Readonly<Record<string, string>> = {
    connection: 'no_response',
    abort: 'aborted',
    program: 'program_error',
  };

  it.each(classifiedErrors)('judges the %s %j as evidence of the kind %s', async (property, value, kind) => {
    const name = property === 'type' ? { name: 'FetchError' } : {};
    const cause = errorWith({ ...name, [property]: value });

    const { attempts, outcomes } = await judge(new Error('The request failed.', { cause }));

    expect(attempts).toBe(kind === 'connection' ? 3 : 1);
    expect(outcomes).toStrictEqual(Array.from({ length: attempts }, () => outcomeOfKind[kind]));
  });

  it.each(otherErrors)('judges %s as %s', async (_what, expected, error) => {
    const { attempts, outcomes } = await judge(error);

    expect(attempts).toBe(
      ['no_response', 'unknown', 'server_error', 'throttled', 'timeout'].includes(expected) ? 3 : 1,
    );
    expect(outcomes).toStrictEqual(Array.from({ length: attempts }, () => expected));
  });
});
