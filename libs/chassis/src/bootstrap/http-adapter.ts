import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { describeProblem } from '../problem-details/describe-problem.ts';
import { writeProblem } from '../problem-details/problem-body.ts';
import { chassisProblems } from '../problem-details/problem-catalogue.ts';
import { problemContentType, problemType } from '../problem-details/problem-details.ts';
import { ProblemException } from '../problem-details/problem.exception.ts';
import { runInRequestContext } from '../request-context/request-context.ts';
import { endOf } from '../request-context/request-end.ts';
import { requestIdHeader, requestIdOf } from '../request-context/request-id.ts';
import { traceOf } from '../request-context/request-trace.ts';
import { AllowedMethods } from './allowed-methods.ts';
import { answerClientError } from './client-error.ts';
import { Connections } from './connections.ts';

/** The largest body that is read; a larger one is refused with 413. */
const bodyLimitBytes = 64 * 1024;
/** How long a client may take to send its whole request. */
const requestTimeoutMs = 30_000;

/**
 * Node warns of a leak beyond this. A streamed response has a dozen: Fastify, Nest, pino-http and this chassis each want to
 * know how it ends.
 */
const maxResponseListeners = 20;

/** Which replica answered. */
export const instanceHeader = 'x-instance';

/**
 * Nest on Fastify, with the request id and the instance on every response, and the request's context around all that
 * is done for it.
 */
export function createHttpAdapter(instance: string): FastifyAdapter {
  const headersFor = (requestId: string): Record<string, string> => ({
    [requestIdHeader]: requestId,
    [instanceHeader]: instance,
  });
  const adapter = new FastifyAdapter({
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestIdOf(request),
    // During shutdown a request on a connection that is still open is served like any other; it is the last one there.
    return503OnClosing: false,
    // A URL that cannot be decoded never gets as far as a hook or a filter.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const { id: requestId, raw, url } = request;
      const { status, body } = writeProblem(describeProblem(error), { url, requestId, traceId: traceOf(raw).traceId });
      void reply
        .status(status)
        .headers({ ...headersFor(requestId), 'content-type': problemContentType })
        .send(body);
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, { [instanceHeader]: instance }),
  });
  const fastify = adapter.getInstance();
  Connections.watch(fastify.server);
  // The server closes right after reading what has arrived until then, so that as little as can be is lost in between.
  fastify.addHook('preClose', (done) => void setImmediate(done));
  // Before anything of Nest's, so that its middleware runs inside.
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headersFor(request.id));
    reply.raw.setMaxListeners(maxResponseListeners);
    runInRequestContext({ requestId: request.id, trace: traceOf(request.raw), endsAt: endOf(request) }, done);
  });
  refuseOtherMethods(adapter);
  return adapter;
}

/** Answers 405 rather than 404 where there is such a path. */
function refuseOtherMethods(adapter: FastifyAdapter): void {
  const fastify = adapter.getInstance();
  const allowedMethods = new AllowedMethods();
  fastify.addHook('onRoute', (route) => allowedMethods.add(route));
  fastify.addHook('preHandler', (request, _reply, done) => {
    const allowed = request.is404 ? allowedMethods.of(request.url.split('?', 1)[0] ?? '') : [];
    done(allowed.length > 0 ? new MethodNotAllowedProblem(request.method, allowed) : undefined);
  });
}

class MethodNotAllowedProblem extends ProblemException {
  constructor(method: string, allowed: readonly string[]) {
    const { status, title } = chassisProblems['method-not-allowed'];
    super({
      type: problemType('method-not-allowed'),
      title,
      status,
      detail: `This path does not take ${method}, but ${allowed.join(', ')}.`,
      headers: { allow: allowed.join(', ') },
    });
  }
}
