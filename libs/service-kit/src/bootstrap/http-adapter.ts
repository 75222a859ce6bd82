import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { limitClients } from '../client-rate-limit/client-rate-limit.ts';
import { toTrustProxy } from '../client-rate-limit/trust-proxy.ts';
import type { ServiceConfig } from '../config/service-config.ts';
import { answerClientErrors } from '../input-limits/client-error.ts';
import { readJsonBodies } from '../input-limits/json-body.ts';
import { bodyLimitBytes, maxHeaderBytes, requestTimeoutMs } from '../input-limits/request-limits.ts';
import { limitUrls } from '../input-limits/url-length.ts';
import { EventLoopDelay } from '../overload/event-loop-delay.ts';
import { Load } from '../overload/load.ts';
import { shedLoad } from '../overload/shed-load.ts';
import { describeProblem } from '../problem-details/describe-problem.ts';
import { serviceKitKinds } from '../problem-details/problem-kinds.ts';
import { ProblemException } from '../problem-details/problem.exception.ts';
import { sendProblem } from '../problem-details/send-problem.ts';
import { runInRequestContext } from '../request-context/request-context.ts';
import { requestIdHeader, requestIdOf } from '../request-context/request-id.ts';
import { traceOf } from '../request-context/request-trace.ts';
import { AllowedMethods } from './allowed-methods.ts';
import { Connections } from './connections.ts';
import { addSecurityHeaders } from './security-headers.ts';

/**
 * Node warns of a leak beyond this. A streamed response has a dozen: Fastify, Nest, pino-http and this service kit each want to
 * know how it ends.
 */
const maxResponseListeners = 20;

/** Which replica answered. */
export const instanceHeader = 'x-instance';

/**
 * Nest on Fastify, with the request id and the instance on every response, and the request's context around all that
 * is done for it.
 */
export function createHttpAdapter(config: ServiceConfig): FastifyAdapter {
  const headersFor = (requestId: string): Record<string, string> => ({
    [requestIdHeader]: requestId,
    [instanceHeader]: config.INSTANCE_NAME,
  });
  const adapter = new FastifyAdapter({
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    http: { maxHeaderSize: maxHeaderBytes },
    trustProxy: toTrustProxy(config.TRUST_PROXY),
    clientErrorHandler: answerClientErrors(headersFor, (socket) => connections.isAnswering(socket)),
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestIdOf(request),
    // During shutdown a request on a connection that is still open is served like any other; it is the last one there.
    return503OnClosing: false,
    // A URL that cannot be decoded never gets as far as a hook or a filter.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(request, reply.headers(headersFor(request.id)), describeProblem(error));
    },
  });
  const fastify = adapter.getInstance();
  const connections = Connections.watch(fastify.server, config.SHUTDOWN_DELAY);
  // The server closes right after reading what has arrived until then, so that as little as can be is lost in between.
  fastify.addHook('preClose', (done) => void setImmediate(done));
  // Before anything of Nest's, so that its middleware runs inside.
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headersFor(request.id));
    reply.raw.setMaxListeners(maxResponseListeners);
    runInRequestContext({ requestId: request.id, trace: traceOf(request.raw) }, done);
  });
  protect(fastify, config);
  refuseOtherMethods(fastify);
  return adapter;
}

/** Answers 405 rather than 404 where there is such a path. */
function refuseOtherMethods(fastify: FastifyInstance): void {
  const allowedMethods = new AllowedMethods();
  fastify.addHook('onRoute', (route) => allowedMethods.add(route));
  fastify.addHook('preHandler', (request, _reply, done) => {
    const allowed = request.is404 ? allowedMethods.of(request.url.split('?', 1)[0] ?? '') : [];
    done(allowed.length > 0 ? new MethodNotAllowedProblem(request.method, allowed) : undefined);
  });
}

class MethodNotAllowedProblem extends ProblemException {
  constructor(method: string, allowed: readonly string[]) {
    super({
      ...serviceKitKinds['method-not-allowed'],
      detail: `This path does not take ${method}, but ${allowed.join(', ')}.`,
      headers: { allow: allowed.join(', ') },
    });
  }
}

/** What stands between a client and Nest, in the order in which a request meets it. */
function protect(fastify: FastifyInstance, config: ServiceConfig): void {
  const delay = new EventLoopDelay();
  const limits = { maxInFlight: config.MAX_REQUESTS_IN_FLIGHT, maxEventLoopDelayMs: config.MAX_EVENT_LOOP_DELAY };
  const load = new Load(limits, () => delay.ms);
  fastify.decorate('load', load);
  fastify.addHook('onReady', async () => delay.start());
  fastify.addHook('onClose', async () => delay.stop());

  addSecurityHeaders(fastify);
  limitClients(fastify, config.CLIENT_RATE_LIMIT, () => load.turnedAway('client_rate'));
  // Once the two before have been loaded, so that they come first.
  void fastify.after(() => {
    limitUrls(fastify);
    shedLoad(fastify, load);
  });
  readJsonBodies(fastify);
}
