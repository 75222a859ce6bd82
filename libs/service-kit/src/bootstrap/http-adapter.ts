import helmet from '@fastify/helmet';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { ServiceConfig } from '../config/service-config.ts';
import * as inputLimits from '../input-limits/input-limits.ts';
import { isDocs } from '../openapi/describe-api.ts';
import { Admission, EventLoopDelay, limitClients, shedLoad } from '../overload/overload.ts';
import { describeProblem, ProblemException, sendProblem, serviceKitKinds } from '../problem-details/problem-details.ts';
import { requestIdHeader, requestIdOf, runInRequestContext, traceOf } from '../request-context/request-context.ts';
import { Connections } from './connections.ts';
import { limitWaitingResponses, maxWaitingResponses } from './waiting-responses.ts';
import { writeJson } from './write-json.ts';

/** Node warns of a leak above this number. A streamed response has a dozen, of Fastify, Nest, pino-http and this library. */
const maxResponseListeners = 20;

/** The header with the name of the replica. */
const instanceHeader = 'x-instance';

/** Nest on Fastify, with the request id and the instance on every response, and the context of the request around its work. */
export function createHttpAdapter(config: ServiceConfig): FastifyAdapter {
  const headersFor = (requestId: string): Record<string, string> => ({
    [requestIdHeader]: requestId,
    [instanceHeader]: config.INSTANCE_NAME,
  });
  const adapter = new FastifyAdapter({
    bodyLimit: inputLimits.bodyLimitBytes,
    requestTimeout: inputLimits.requestTimeoutMs,
    http: { maxHeaderSize: inputLimits.maxHeaderBytes },
    trustProxy: toTrustProxy(config.TRUST_PROXY),
    clientErrorHandler: inputLimits.answerClientErrors(headersFor, (socket) => connections.isResponding(socket)),
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestIdOf(request),
    // During a shutdown, a request on an open connection is served as usual; it is the last one on the connection.
    return503OnClosing: false,
    // A URL that cannot be decoded reaches no hook and no filter.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      if (admit(request, reply.headers(headersFor(request.id)))) sendProblem(request, reply, describeProblem(error));
    },
  });
  const fastify = adapter.getInstance();
  fastify.setReplySerializer(writeJson);
  const connections = Connections.track(fastify.server, config.SHUTDOWN_DELAY);
  // The server closes directly after it has read what has arrived, so that few requests can be lost in between.
  fastify.addHook('preClose', (done) => void setImmediate(done));
  // Before all hooks of Nest, so that its middleware runs in the context.
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headersFor(request.id));
    reply.raw.setMaxListeners(maxResponseListeners);
    runInRequestContext({ requestId: request.id, trace: traceOf(request.raw) }, done);
  });
  const admit = protect(fastify, config);
  refuseOtherMethods(fastify);
  return adapter;
}

/** Fastify's form of `TRUST_PROXY`. It does not take a number of proxies; the nearest one is hop 0. */
export const toTrustProxy = (trusted: number | string[]) =>
  typeof trusted === 'number' ? (_address: string, hop: number) => hop < trusted : trusted;

/**
 * Adds the checks in front of Nest, in their order.
 *
 * @returns the limit of responses that wait in a connection, for requests that reach no hook
 */
function protect(fastify: FastifyInstance, config: ServiceConfig): ReturnType<typeof limitWaitingResponses> {
  const delay = new EventLoopDelay();
  const maxInFlight = config.MAX_REQUESTS_IN_FLIGHT;
  const limits = {
    maxInFlight,
    maxInFlightPerClient: config.MAX_REQUESTS_IN_FLIGHT_PER_CLIENT ?? Math.ceil(maxInFlight / 2),
    maxEventLoopDelayMs: config.MAX_EVENT_LOOP_DELAY,
  };
  const admission = new Admission(limits, () => delay.ms);
  fastify.decorate('admission', admission);
  fastify.addHook('onReady', async () => delay.start());
  fastify.addHook('onClose', async () => delay.stop());

  addSecurityHeaders(fastify);
  const admit = limitWaitingResponses(fastify, (request, reply) => {
    admission.countRefusal('waiting_responses');
    sendProblem(request, reply, {
      ...serviceKitKinds['too-many-requests'],
      detail: `A connection may have ${maxWaitingResponses} requests without a response. Read the responses before sending more.`,
      headers: { 'retry-after': '1' },
    });
  });
  limitClients(fastify, config.CLIENT_RATE_LIMIT, () => admission.countRefusal('client_rate'));
  // After the two plugins have been loaded, so that they come first.
  void fastify.after(() => {
    inputLimits.limitUrls(fastify);
    shedLoad(fastify, admission);
  });
  inputLimits.readJsonBodies(fastify);
  return admit;
}

/** API responses are data: a browser that shows one loads and runs nothing, in no frame. */
const apiPolicy = {
  useDefaults: false,
  directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
};

/** Swagger UI has inline styles and icons; its scripts and requests are those of the service. */
const docsPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/**
 * Adds headers that restrict what a browser does with a response.
 *
 * `Strict-Transport-Security` is not one of them: browsers ignore it on plain HTTP, and the proxy that terminates TLS knows whether
 * it can hold for the host and its subdomains.
 */
function addSecurityHeaders(fastify: FastifyInstance): void {
  fastify.register(helmet, { contentSecurityPolicy: apiPolicy, strictTransportSecurity: false }).after(() => {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (isDocs(request.url.split('?', 1)[0] ?? '')) void reply.helmet({ contentSecurityPolicy: docsPolicy });
      done();
    });
  });
}

/** Responds with 405 instead of 404 when the path exists for other methods. */
function refuseOtherMethods(fastify: FastifyInstance): void {
  const allowedMethods = new AllowedMethods();
  fastify.addHook('onRoute', (route) => allowedMethods.add(route));
  fastify.addHook('preHandler', (request, _reply, done) => {
    const allowed = request.is404 ? allowedMethods.of(request.url.split('?', 1)[0] ?? '') : [];
    done(allowed.length > 0 ? methodNotAllowed(request.method, allowed.join(', ')) : undefined);
  });
}

const methodNotAllowed = (method: string, allowed: string): ProblemException =>
  new ProblemException({
    ...serviceKitKinds['method-not-allowed'],
    detail: `This path does not support ${method}; it supports ${allowed}.`,
    headers: { allow: allowed },
  });

interface KnownRoute {
  readonly methods: readonly string[];
  readonly segments: readonly string[];
}

/** The methods of each route; Fastify responds to another method as to an unknown path. Wildcard routes are left out. */
export class AllowedMethods {
  readonly #routes: KnownRoute[] = [];

  add({ method, url }: { readonly method: string | readonly string[]; readonly url: string }): void {
    if (url.includes('*')) return;
    this.#routes.push({ methods: [method].flat(), segments: segmentsOf(url) });
  }

  /** The methods of a path in alphabetical order; none for an unknown path. */
  of(path: string): readonly string[] {
    const segments = segmentsOf(path);
    const methods = this.#routes.filter((route) => matches(route.segments, segments)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  }
}

const segmentsOf = (path: string): string[] => path.replace(/\/$/, '').split('/');

const matches = (route: readonly string[], path: readonly string[]): boolean =>
  route.length === path.length &&
  route.every((segment, at) => (segment.startsWith(':') ? path[at] !== '' : segment === path[at]));
