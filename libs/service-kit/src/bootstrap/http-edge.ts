import { NotFoundException } from '@nestjs/common';
import type {
  FastifyError,
  FastifyHttpOptions,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawServerDefault,
} from 'fastify';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { ServiceConfig } from '../config/service-config.ts';
import * as inputLimits from '../input-limits/input-limits.ts';
import { Admission, EventLoopDelay, limitClients, shedLoad } from '../overload/overload.ts';
import { describeProblem, ProblemException, sendProblem, serviceKitKinds } from '../problem-details/problem-details.ts';
import { requestIdHeader, requestIdOf } from '../request-context/request-context.ts';
import { serveInSpan } from '../telemetry/server-span.ts';
import { Connections } from './connections.ts';
import { limitWaitingResponses, maxWaitingResponses } from './waiting-responses.ts';

/** Node warns of a leak above this number. A streamed response has a dozen, of Fastify, Nest and this library. */
const maxResponseListeners = 20;

/** The header with the name of the replica. */
const instanceHeader = 'x-instance';

/** The variables of `edgeVariables`, and the name of the replica. */
export type EdgeConfig = Pick<
  ServiceConfig,
  | 'INSTANCE_NAME'
  | 'CLIENT_RATE_LIMIT'
  | 'TRUST_PROXY'
  | 'MAX_REQUESTS_IN_FLIGHT'
  | 'MAX_REQUESTS_IN_FLIGHT_PER_CLIENT'
  | 'MAX_EVENT_LOOP_DELAY'
>;

/**
 * What every HTTP server of the project does before its own work: each response has the request id and the instance, each error is a
 * problem document, and requests are limited in size, in time, in rate and in flight.
 */
export class HttpEdge {
  readonly #config: EdgeConfig;
  readonly #idleMs: number | undefined;
  #connections: Connections | undefined;
  /** The limit of responses that wait in a connection, for requests that reach no hook. */
  #admit: ReturnType<typeof limitWaitingResponses> | undefined;

  /** @param idleMs how long a connection must be idle before it is closed at the end, in milliseconds. Default: the shortest time */
  constructor(config: EdgeConfig, idleMs?: number) {
    this.#config = config;
    this.#idleMs = idleMs;
  }

  /** The options with which Fastify must be created. */
  get options(): FastifyHttpOptions<RawServerDefault> {
    return {
      bodyLimit: inputLimits.bodyLimitBytes,
      requestTimeout: inputLimits.requestTimeoutMs,
      http: inputLimits.serverOptions,
      trustProxy: toTrustProxy(this.#config.TRUST_PROXY),
      clientErrorHandler: inputLimits.answerClientErrors(
        (requestId) => this.#headersFor(requestId),
        (socket) => this.#connections?.pendingResponses(socket) ?? [],
      ),
      requestIdHeader: false,
      genReqId: (request: IncomingMessage) => requestIdOf(request),
      // During a shutdown, a request on an open connection is served as usual; it is the last one on the connection.
      return503OnClosing: false,
      // A URL that cannot be decoded reaches no hook and no filter.
      frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
        void reply.headers(this.#headersFor(request.id));
        if (this.#admit?.(request, reply) ?? true) sendProblem(request, reply, describeProblem(error));
      },
    };
  }

  /** Adds the checks in front of all routes, in their order. */
  protect(fastify: FastifyInstance): void {
    this.#connections = Connections.track(fastify.server, this.#idleMs);
    inputLimits.refuseTunnels(fastify.server, (requestId) => this.#headersFor(requestId));
    // Before all other hooks, so that they run in the context.
    fastify.addHook('onRequest', (request, reply, done) => {
      void reply.headers(this.#headersFor(request.id));
      reply.raw.setMaxListeners(maxResponseListeners);
      serveInSpan(request, reply, done);
    });
    const admission = this.#createAdmission(fastify);
    this.#admit = limitWaitingResponses(fastify, (request, reply) => {
      admission.countRefusal('waiting_responses');
      sendProblem(request, reply, {
        ...serviceKitKinds['too-many-requests'],
        detail: `A connection may have ${maxWaitingResponses} requests without a response. Read the responses before sending more.`,
        headers: { 'retry-after': '1' },
      });
    });
    limitClients(fastify, this.#config.CLIENT_RATE_LIMIT, () => admission.countRefusal('client_rate'));
    // After the plugins have been loaded, so that they come first.
    void fastify.after(() => {
      inputLimits.checkHeads(fastify);
      shedLoad(fastify, admission);
    });
    refuseUnknownRoutes(fastify);
    refuseUnmatchedTags(fastify);
    inputLimits.readJsonBodies(fastify);
  }

  #createAdmission(fastify: FastifyInstance): Admission {
    const { MAX_REQUESTS_IN_FLIGHT: maxInFlight, MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: perClient } = this.#config;
    const limits = {
      maxInFlight,
      maxInFlightPerClient: perClient ?? Math.ceil(maxInFlight / 2),
      maxEventLoopDelayMs: this.#config.MAX_EVENT_LOOP_DELAY,
    };
    const delay = new EventLoopDelay();
    const admission = new Admission(limits, () => delay.ms);
    fastify.decorate('admission', admission);
    fastify.addHook('onReady', async () => delay.start());
    fastify.addHook('onClose', async () => delay.stop());
    return admission;
  }

  #headersFor(requestId: string): Record<string, string> {
    return { [requestIdHeader]: requestId, [instanceHeader]: this.#config.INSTANCE_NAME };
  }
}

/** Fastify's form of `TRUST_PROXY`. It does not take a number of proxies; the nearest one is hop 0. */
export const toTrustProxy = (trusted: number | string[]) =>
  typeof trusted === 'number' ? (_address: string, hop: number) => hop < trusted : trusted;

/**
 * Responds to a request without a route: 405 when the path exists for other methods, otherwise 404. It does so before the body is read,
 * whose faults do not matter then.
 */
function refuseUnknownRoutes(fastify: FastifyInstance): void {
  const allowedMethods = new AllowedMethods();
  fastify.addHook('onRoute', (route) => allowedMethods.add(route));
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    if (!request.is404) return done(null, payload);
    const allowed = allowedMethods.of(request.url.split('?', 1)[0] ?? '');
    done(
      allowed.length > 0
        ? methodNotAllowed(request.method, allowed.join(', '))
        : new NotFoundException(`Cannot ${request.method} ${request.url}`),
    );
  });
}

const methodNotAllowed = (method: string, allowed: string): ProblemException =>
  new ProblemException({
    ...serviceKitKinds['method-not-allowed'],
    detail: `This path does not support ${method}; it supports ${allowed}.`,
    headers: { allow: allowed },
  });

/**
 * Responds with 412 to a read with `If-Match` of a resource without an ETag, which has none of the tags (RFC 9110, 13.1.1); `*` matches
 * every resource. A route that sends an ETag compares it itself.
 */
function refuseUnmatchedTags(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // A stream is written without the hooks of responses: it is refused when its route takes over the response.
    if (hasTags(request)) {
      reply.hijack = () => {
        throw noTagMatches();
      };
    }
    done();
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const isSuccess = reply.statusCode >= 200 && reply.statusCode < 300;
    if (!isSuccess || !hasTags(request) || reply.hasHeader('etag')) return done(null, payload);
    if (payload instanceof Readable) payload.destroy();
    done(noTagMatches());
  });
}

/** Whether the request is a read for a resource with one of certain tags. */
function hasTags({ method, headers }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && (headers['if-match']?.trim() ?? '*') !== '*';
}

const noTagMatches = (): ProblemException =>
  new ProblemException({
    ...serviceKitKinds['precondition-failed'],
    detail: 'The resource has no ETag, so that none can match If-Match. Leave the header out.',
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
    this.#routes.push({ methods: [method].flat(), segments: url.split('/') });
  }

  /** The methods of an encoded path in alphabetical order; none for an unknown path. A slash at the end makes another path. */
  of(path: string): readonly string[] {
    const segments = decoded(path).split('/');
    const methods = this.#routes.filter((route) => matches(route.segments, segments)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  }
}

/** The path as Fastify compares it with its routes: an encoded slash stays encoded. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

const matches = (route: readonly string[], path: readonly string[]): boolean =>
  route.length === path.length &&
  route.every((segment, at) => (segment.startsWith(':') ? path[at] !== '' : segment === path[at]));
