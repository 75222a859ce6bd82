import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import httpProxy from '@fastify/http-proxy';
import fastify, {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type RawServerBase,
  type RouteGenericInterface,
} from 'fastify';
import { Balancer, type Replica } from './balancer.ts';

/** Options of the gateway. */
export interface GatewayOptions {
  /** Base URLs of the account services. */
  readonly accountUrls: readonly string[];
  /** Base URL of the console, which receives `/console`; undefined without a console. */
  readonly consoleUrl?: string | undefined;
  /** Whether to log each request as a JSON line on standard output. Default: true. */
  readonly logs?: boolean;
  /** A monotonic clock in milliseconds. Default: that of the process. */
  readonly now?: () => number;
}

/** The limits of `nginx/nginx.conf`. */
const bodyLimitBytes = 64 * 1024;
const connectTimeoutMs = 2_000;
const readTimeoutMs = 30_000;

/** A client's request id that needs no escaping in logs. */
const validRequestId = /^[A-Za-z0-9._-]{1,128}$/;

/** A request is sent to at most two replicas, to the second one only within this time. */
const maxAttempts = 2;
const retryWithinMs = 5_000;

/** A reply of any server type: the proxy's types do not specify it. */
type Reply = FastifyReply<RouteGenericInterface, RawServerBase>;

/** The forwarding of one request. */
interface Forwarding {
  /** The replica that handles it now. */
  replica: Replica | undefined;
  readonly tried: Set<Replica>;
  readonly startedAtMs: number;
}

/**
 * The load balancer for machines without nginx. It behaves like `nginx/nginx.conf` as far as this system depends on it.
 *
 * As a program it reads HOST, PORT, ACCOUNT_URLS (comma separated) and CONSOLE_URL.
 */
export function createGateway({
  accountUrls,
  consoleUrl,
  logs = true,
  now = () => performance.now(),
}: GatewayOptions): FastifyInstance {
  const balancer = new Balancer(accountUrls, now);
  /** Keyed by raw request. */
  const forwardings = new WeakMap<object, Forwarding>();
  const bodies = new WeakMap<object, Buffer>();

  /** Selects a replica that has not been tried. Returns whether there is one. */
  function selectReplica(forwarding: Forwarding): boolean {
    forwarding.replica = balancer.acquire(forwarding.tried);
    if (forwarding.replica === undefined) return false;
    forwarding.tried.add(forwarding.replica);
    return true;
  }

  function releaseReplica(forwarding: Forwarding): void {
    if (forwarding.replica !== undefined) balancer.release(forwarding.replica);
    forwarding.replica = undefined;
  }

  const gateway = fastify({
    logger: logs,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: bodyLimitBytes,
    requestTimeout: 10_000,
    // An endless stream would prevent the gateway from closing.
    forceCloseConnections: true,
    requestIdHeader: false,
    genReqId: requestIdOf,
  });

  gateway.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });

  gateway.addHook('onResponse', async (request, reply) => {
    const tried = forwardings.get(request.raw)?.tried;
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
    if (status >= 500) request.log.error({ err: error }, 'request failed in the gateway');
    problem(reply, status);
  });

  // Bodies are not parsed. Like nginx, the gateway reads them completely before it forwards them, so that a slow client
  // does not occupy a replica.
  gateway.removeAllContentTypeParsers();
  gateway.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    bodies.set(request.raw, body);
    done(null, streamOf(body));
  });

  gateway.get('/gateway/health', { logLevel: 'silent' }, async () => ({ status: 'up' }));

  const proxying: NonNullable<httpProxy.FastifyHttpProxyOptions['replyOptions']> = {
    getUpstream: ({ raw }) => forwardings.get(raw)?.replica?.url ?? '',
    // The proxy would otherwise repeat a GET that was answered with 503.
    retryDelay: () => null,
    // Deadlines are internal to the system: a client could make calls time out and open breakers.
    rewriteRequestHeaders: (request, { 'x-request-timeout-ms': _deadline, ...headers }) => ({
      ...headers,
      'x-request-id': request.id,
      'x-forwarded-for': [headers['x-forwarded-for'], request.ip].filter(Boolean).join(', '),
      'x-forwarded-proto': request.protocol,
    }),
    // The reply already has the request id. Connection headers apply to one hop only.
    rewriteHeaders: ({ 'x-request-id': _id, connection: _connection, 'keep-alive': _keepAlive, ...headers }) => headers,
    onError: (reply, { error }) => {
      const { request } = reply;
      const forwarding = forwardings.get(request.raw);
      const failure = codeOf(error);
      request.log.warn(
        { upstream: forwarding?.replica && withoutSecrets(forwarding.replica.url), failure },
        'replica did not respond',
      );
      if (forwarding !== undefined) {
        const neverSent = isRefusal(error);
        if (forwarding.replica !== undefined && neverSent) balancer.exclude(forwarding.replica);
        releaseReplica(forwarding);
        const mayRetry = forwarding.tried.size < maxAttempts && now() - forwarding.startedAtMs < retryWithinMs;
        if (mayRetry && (neverSent || isRepeatable(request)) && selectReplica(forwarding)) {
          // The first attempt has consumed its stream.
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
    // Chosen per request.
    upstream: '',
    proxyPayloads: false,
    disableRequestLogging: true,
    undici: {
      connections: 512,
      connect: { timeout: connectTimeoutMs },
      headersTimeout: readTimeoutMs,
      bodyTimeout: readTimeoutMs,
      // Shorter than the services' timeout, so that no connection closes while a request is sent on it (see nginx.conf).
      keepAliveTimeout: 2_000,
      // The services' Keep-Alive header must not extend it.
      keepAliveMaxTimeout: 2_000,
    },
    preHandler: (request, reply, done) => {
      const forwarding: Forwarding = { replica: undefined, tried: new Set(), startedAtMs: now() };
      forwardings.set(request.raw, forwarding);
      reply.raw.once('close', () => releaseReplica(forwarding));
      if (selectReplica(forwarding)) done();
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

/** Sends an error of the gateway itself as problem details (RFC 9457). */
function problem(reply: Reply, status: number): void {
  const title = titles[status] ?? 'Internal Server Error';
  reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, requestId: reply.request.id }));
}

/** The proxy wraps the original error. */
function innermost(error: Error): Error {
  return error.cause instanceof Error ? error.cause : error;
}

function codeOf(error: Error): string {
  const cause = innermost(error);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}

/** Whether no connection was established, so that the replica never received the request. */
function isRefusal(error: Error): boolean {
  const cause = innermost(error);
  return codeOf(error) === 'UND_ERR_CONNECT_TIMEOUT' || ('syscall' in cause && cause.syscall === 'connect');
}

/**
 * Whether a request may be sent twice: it is safe, or has an idempotency key. `/experiments` stores no keys, so its
 * requests are never repeated.
 */
function isRepeatable({ method, url, headers }: Reply['request']): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return true;
  return method === 'POST' && Boolean(headers['idempotency-key']) && !url.startsWith('/experiments/');
}

function streamOf(body: Buffer | undefined): Readable | undefined {
  return body === undefined || body.length === 0 ? undefined : Readable.from([body]);
}

if (import.meta.main) {
  const { HOST: host = '127.0.0.1', PORT: port, ACCOUNT_URLS: accountUrls, CONSOLE_URL: consoleUrl } = process.env;
  if (port === undefined || accountUrls === undefined) throw new Error('PORT and ACCOUNT_URLS must be set');
  const gateway = createGateway({ accountUrls: accountUrls.split(','), consoleUrl });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void gateway.close());
  await gateway.listen({ host, port: Number(port) });
}
