import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import httpProxy from '@fastify/http-proxy';
import fastify, {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type RawServerBase,
  type RouteGenericInterface,
} from 'fastify';
import { Balancer, type Replica } from './balancer.ts';

/** What the gateway needs to know. */
export interface GatewayOptions {
  /** Base URLs of the account services. */
  readonly accountUrls: readonly string[];
  /** Base URL of the console, for what is below `/console`; undefined where there is none. */
  readonly consoleUrl?: string | undefined;
  /** Whether each request is logged as a line of JSON on standard output (default true). */
  readonly logs?: boolean;
  /** A monotonic clock in milliseconds (default: the process's). */
  readonly now?: () => number;
}

/** The same limits as in `nginx/nginx.conf`. */
const bodyLimitBytes = 64 * 1024;
const connectTimeoutMs = 2_000;
const readTimeoutMs = 30_000;

/** A client's request id that can go into logs as it is. */
const validRequestId = /^[A-Za-z0-9._-]{1,128}$/;

/** A request is sent to so many replicas at most, and to another one only within this time. */
const maxTries = 2;
const repeatWithinMs = 5_000;

/** A reply of whichever kind of server: the proxy's types do not say. */
type Reply = FastifyReply<RouteGenericInterface, RawServerBase>;

/** What a request has gone through so far. */
interface Journey {
  /** Where it is now. */
  replica: Replica | undefined;
  readonly tried: Set<Replica>;
  readonly startedAtMs: number;
}

/**
 * The load balancer for machines without nginx: to its clients the same as `nginx/nginx.conf`, in the ways that matter
 * to this system.
 */
export function createGateway({
  accountUrls,
  consoleUrl,
  logs = true,
  now = () => performance.now(),
}: GatewayOptions): FastifyInstance {
  const balancer = new Balancer(accountUrls, now);
  /** By raw request. */
  const journeys = new WeakMap<object, Journey>();
  const bodies = new WeakMap<object, Buffer>();

  /** Takes the journey on to a replica that it has not been to. Says whether there is one. */
  function travelOn(journey: Journey): boolean {
    journey.replica = balancer.take(journey.tried);
    if (journey.replica === undefined) return false;
    journey.tried.add(journey.replica);
    return true;
  }

  function leave(journey: Journey): void {
    if (journey.replica !== undefined) balancer.done(journey.replica);
    journey.replica = undefined;
  }

  const gateway = fastify({
    logger: logs,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: bodyLimitBytes,
    requestTimeout: 10_000,
    // A stream that never ends would keep the gateway from closing.
    forceCloseConnections: true,
    requestIdHeader: false,
    genReqId: requestIdOf,
  });

  gateway.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });

  gateway.addHook('onResponse', async (request, reply) => {
    const tried = journeys.get(request.raw)?.tried;
    if (tried === undefined) return;
    request.log.info(
      {
        method: request.method,
        path: request.url.split('?', 1)[0],
        status: reply.statusCode,
        durationSeconds: Math.round(reply.elapsedTime) / 1_000,
        upstream: Array.from(tried, ({ url }) => url).join(', '),
      },
      'request',
    );
  });

  gateway.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error({ err: error }, 'the gateway failed');
    problem(reply, status);
  });

  // Bodies are not looked into. They are read whole before they are sent on, as nginx does, so that a slow client does
  // not hold a replica.
  gateway.removeAllContentTypeParsers();
  gateway.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    bodies.set(request.raw, body);
    done(null, streamOf(body));
  });

  gateway.get('/gateway/health', { logLevel: 'silent' }, async () => ({ status: 'up' }));

  const proxying: NonNullable<httpProxy.FastifyHttpProxyOptions['replyOptions']> = {
    getUpstream: ({ raw }) => journeys.get(raw)?.replica?.url ?? '',
    // Never: the proxy would otherwise repeat a GET that was answered 503.
    retryDelay: () => null,
    // How much time is left is between the services: a stranger's word could make calls time out, and open breakers.
    rewriteRequestHeaders: (request, { 'x-request-timeout-ms': _budget, ...headers }) => ({
      ...headers,
      'x-request-id': request.id,
      'x-forwarded-for': [headers['x-forwarded-for'], request.ip].filter(Boolean).join(', '),
      'x-forwarded-proto': request.protocol,
    }),
    // The service answers with the id it was given, which is on the answer already. How long its connection lives is
    // between it and us.
    rewriteHeaders: ({ 'x-request-id': _id, connection: _connection, 'keep-alive': _keepAlive, ...headers }) => headers,
    onError: (reply, { error }) => {
      const { request } = reply;
      const journey = journeys.get(request.raw);
      const failure = codeOf(error);
      request.log.warn({ upstream: journey?.replica?.url, failure }, 'no answer from a replica');
      if (journey !== undefined) {
        const neverSent = isRefusal(error);
        if (journey.replica !== undefined && neverSent) balancer.refused(journey.replica);
        leave(journey);
        const isInTime = journey.tried.size < maxTries && now() - journey.startedAtMs < repeatWithinMs;
        if (isInTime && (neverSent || isRepeatable(request)) && travelOn(journey)) {
          // The first attempt has used up the stream that it was given.
          request.body = streamOf(bodies.get(request.raw));
          reply.from(undefined, proxying);
          return;
        }
      }
      problem(reply, failure.includes('TIMEOUT') ? 504 : 502);
    },
  };

  if (consoleUrl !== undefined) {
    gateway.register(httpProxy, {
      upstream: consoleUrl,
      prefix: '/console',
      rewritePrefix: '/console',
      proxyPayloads: false,
      disableRequestLogging: true,
    });
  }
  gateway.register(httpProxy, {
    // Each request has its own.
    upstream: '',
    proxyPayloads: false,
    disableRequestLogging: true,
    undici: {
      connections: 512,
      connect: { timeout: connectTimeoutMs },
      headersTimeout: readTimeoutMs,
      bodyTimeout: readTimeoutMs,
      // A connection must not close just as a request is put on it: see nginx.conf.
      keepAliveTimeout: 2_000,
      // What the services say they would wait does not make it longer.
      keepAliveMaxTimeout: 2_000,
    },
    preHandler: (request, reply, done) => {
      const journey: Journey = { replica: undefined, tried: new Set(), startedAtMs: now() };
      journeys.set(request.raw, journey);
      reply.raw.once('close', () => leave(journey));
      if (travelOn(journey)) done();
      else problem(reply, 502);
    },
    replyOptions: proxying,
  });

  return gateway;
}

function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && validRequestId.test(given) ? given : randomUUID();
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  502: 'Bad Gateway',
  504: 'Gateway Timeout',
};

/** Answers with a failure of the gateway itself (RFC 9457). */
function problem(reply: Reply, status: number): void {
  const title = titles[status] ?? 'Internal Server Error';
  reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, requestId: reply.request.id }));
}

/** The proxy wraps what happened into an error of its own. */
function innermost(error: Error): Error {
  return error.cause instanceof Error ? error.cause : error;
}

function codeOf(error: Error): string {
  const cause = innermost(error);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}

/** Whether there was no connection, so that the replica knows nothing of the request. */
function isRefusal(error: Error): boolean {
  const cause = innermost(error);
  return codeOf(error) === 'UND_ERR_CONNECT_TIMEOUT' || ('syscall' in cause && cause.syscall === 'connect');
}

/**
 * Whether a request may be sent twice: it changes nothing, or it has a key by which the services know it again. A key
 * under `/experiments` is nobody's: what is done there is not stored.
 */
function isRepeatable({ method, url, headers }: Reply['request']): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return true;
  return method === 'POST' && Boolean(headers['idempotency-key']) && !url.startsWith('/experiments/');
}

function streamOf(body: Buffer | undefined): Readable | undefined {
  return body === undefined || body.length === 0 ? undefined : Readable.from([body]);
}
