import { readFileSync } from 'node:fs';
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
import { Agent, type Dispatcher } from 'undici';
import { Balancer, type Replica } from './balancer.ts';
import { readGatewayRules, type Route } from './gateway-rules.ts';
import { Refusals } from './refusals.ts';
import { normalizePath } from './request-refusal.ts';

/** Options of the gateway. */
export interface GatewayOptions {
  /** The rendered `nginx/nginx.conf`. */
  readonly configuration: string;
  /** Whether to log each request as a JSON line on standard output. Default: true. */
  readonly logs?: boolean;
  /** A monotonic clock in milliseconds. Default: that of the process. */
  readonly now?: () => number;
}

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
 * The load balancer for machines without nginx. It reads its rules from the configuration of nginx, and behaves like it as far
 * as this system depends on it.
 *
 * As a program it takes the file of the configuration.
 *
 * @throws Error for a configuration without one of the rules
 */
export function createGateway({
  configuration,
  logs = true,
  now = () => performance.now(),
}: GatewayOptions): FastifyInstance {
  const rules = readGatewayRules(configuration);
  const balancer = new Balancer(rules.accountUrls, rules.exclusionMs, now);
  /** Keyed by raw request. */
  const forwardings = new WeakMap<object, Forwarding>();
  const bodies = new WeakMap<object, Buffer>();
  let inFlight = 0;

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

  const refusals = new Refusals(rules, now, (refused) => gateway.log.info(refused, 'request'));
  const gateway = fastify({
    logger: logs,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: rules.bodyLimitBytes,
    // An endless stream would prevent the gateway from closing.
    forceCloseConnections: true,
    requestIdHeader: false,
    genReqId: (request) => refusals.idOf(request),
    frameworkErrors: (error, _request, reply) => problem(reply, error.statusCode ?? 500),
    serverFactory: (handler) => refusals.createServer(handler),
    // One route takes every request. Fastify would refuse URLs that nginx forwards, such as bytes that are not UTF-8.
    rewriteUrl: () => '/',
    clientErrorHandler: (error, socket) => refusals.refuseUnread(error, socket),
  });

  function problem(reply: Reply, status: number): void {
    const { headers, body } = refusals.describe(status, reply.request.id);
    reply.code(status).headers(headers).send(body);
  }

  gateway.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });

  gateway.addHook('onResponse', async (request, reply) => {
    const tried = forwardings.get(request.raw)?.tried;
    if (tried === undefined) return;
    request.log.info(
      {
        method: request.method,
        path: request.originalUrl.split('?', 1)[0],
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

  /** Whether a request may be sent twice although a replica received it. */
  const isRepeatable = ({ method, headers }: Reply['request'], route: Route): boolean =>
    method === 'POST' ? Boolean(headers['idempotency-key']) && route.repeatsKeyedRequests : method !== 'PATCH';

  /** Sends a request to the selected replica, or to the console. */
  function forward(reply: Reply, route: Route): void {
    void reply.from(`/${Buffer.from(reply.request.originalUrl).toString('base64url')}`, {
      timeout: route.readTimeoutMs,
      getUpstream: ({ raw }) =>
        route.target === 'console' ? (rules.consoleUrl ?? '') : (forwardings.get(raw)?.replica?.url ?? ''),
      // The proxy would otherwise repeat a GET that was answered with 503.
      retryDelay: () => null,
      // Deadlines are internal to the system: a client could make calls time out and open breakers. The same goes for the
      // addresses that a client claims to have.
      rewriteRequestHeaders: (request, { 'x-request-timeout-ms': _deadline, expect: _expect, ...headers }) => ({
        ...headers,
        // The console compares it with the origin of the page.
        ...(request.headers.host === undefined ? {} : { host: request.headers.host }),
        'x-request-id': request.id,
        'x-forwarded-for': request.ip,
        'x-forwarded-proto': request.protocol,
      }),
      // The reply already has the request id. Connection headers apply to one hop only.
      rewriteHeaders: ({ 'x-request-id': _id, connection: _connection, 'keep-alive': _keepAlive, ...headers }) =>
        headers,
      onError: (failed, { error }) => retryOrRefuse(failed, route, error),
    });
  }

  function retryOrRefuse(reply: Reply, route: Route, error: Error): void {
    const { request } = reply;
    const forwarding = forwardings.get(request.raw);
    const failure = codeOf(error);
    request.log.warn(
      { upstream: forwarding?.replica && withoutSecrets(forwarding.replica.url), failure },
      'replica did not respond',
    );
    if (forwarding !== undefined) {
      if (forwarding.replica !== undefined) balancer.exclude(forwarding.replica);
      releaseReplica(forwarding);
      if (isRepeated(request, route, forwarding, error) && selectReplica(forwarding)) {
        // The first attempt has consumed its stream.
        request.body = streamOf(bodies.get(request.raw));
        forward(reply, route);
        return;
      }
    }
    problem(reply, isTimeout(error) ? 504 : 502);
  }

  /** Whether a request is sent to another replica, as nginx does: after an error, or after a time-out of its first attempt. */
  function isRepeated(request: Reply['request'], route: Route, forwarding: Forwarding, error: Error): boolean {
    const isIdempotent = isRepeatable(request, route);
    if (!isTimeout(error)) {
      const mayRetry =
        forwarding.tried.size < rules.maxAttempts && now() - forwarding.startedAtMs < rules.retryWithinMs;
      return mayRetry && (isRefusal(error) || isIdempotent);
    }
    const path = normalizePath(request.originalUrl) ?? '/';
    const isSent = !isRefusal(error);
    return forwarding.tried.size === 1 && rules.isRepeatedAfterTimeout({ isIdempotent, isSent, inFlight, path });
  }

  const agent = new Agent({
    connections: 512,
    connect: { timeout: rules.connectTimeoutMs },
    // Shorter than the services' timeout, so that no connection closes while a request is sent on it (see nginx.conf).
    keepAliveTimeout: rules.keepAliveMs,
    // The services' Keep-Alive header must not extend it.
    keepAliveMaxTimeout: rules.keepAliveMs,
  }).compose(withOriginalUrl);
  gateway.addHook('onClose', () => agent.destroy());

  gateway.register(httpProxy, {
    // `forward` chooses it.
    upstream: '',
    replyOptions: { getUpstream: () => '' },
    proxyPayloads: false,
    disableRequestLogging: true,
    undici: agent,
    preHandler: (request, reply) => {
      const path = normalizePath(request.originalUrl) ?? '/';
      const redirect = rules.redirectOf(request.method, path);
      if (redirect !== undefined) {
        reply.redirect(redirect);
        return;
      }
      const route = rules.routeOf(path);
      if (route.target === 'health') {
        reply.send({ status: 'up' });
        return;
      }
      inFlight += 1;
      reply.raw.once('close', () => {
        inFlight -= 1;
      });
      if (route.target === 'accounts') {
        const forwarding: Forwarding = { replica: undefined, tried: new Set(), startedAtMs: now() };
        forwardings.set(request.raw, forwarding);
        reply.raw.once('close', () => releaseReplica(forwarding));
        if (!selectReplica(forwarding)) return problem(reply, 502);
      }
      forward(reply, route);
    },
  });

  return gateway;
}

/**
 * Sends the URL of the client as it came, like nginx. The proxy gets it in base64, since it would normalize it: `/x\..\metrics`
 * became the hidden path `/metrics`.
 */
const withOriginalUrl: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch({ ...options, path: Buffer.from(options.path.slice(1), 'base64url').toString() }, handler);

/** The proxy wraps the original error. */
function innermost(error: Error): Error {
  return error.cause instanceof Error ? error.cause : error;
}

function codeOf(error: Error): string {
  const cause = innermost(error);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}

const isTimeout = (error: Error): boolean => codeOf(error).includes('TIMEOUT');

/** Whether no connection was established, so that the replica never received the request. */
function isRefusal(error: Error): boolean {
  const cause = innermost(error);
  return codeOf(error) === 'UND_ERR_CONNECT_TIMEOUT' || ('syscall' in cause && cause.syscall === 'connect');
}

function streamOf(body: Buffer | undefined): Readable | undefined {
  return body === undefined || body.length === 0 ? undefined : Readable.from([body]);
}

if (import.meta.main) {
  const [, , file] = process.argv;
  if (file === undefined) throw new Error('the file of the nginx configuration is missing');
  const configuration = readFileSync(file, 'utf8');
  const gateway = createGateway({ configuration });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void gateway.close());
  await gateway.listen(readGatewayRules(configuration).listen);
}
