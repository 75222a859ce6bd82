import { SpanStatusCode, type Span } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isProbe } from '../metrics/metrics.registry.ts';
import { rememberTrace, runInRequestContext, type RequestContext } from '../request-context/request-context.ts';
import { errorTypeOf, startServerSpan, type SpanDescription } from './spans.ts';

/**
 * Serves a request in its span, which ends with the response. Health checks and scrapes have none.
 *
 * The attributes are those of OpenTelemetry's conventions for HTTP, without `url.path` and `url.query`: the ids of customers
 * are in them.
 */
export function serveInSpan(request: FastifyRequest, reply: FastifyReply, serve: () => void): void {
  const isTraced = !isProbe(request.url.split('?', 1)[0] ?? '');
  const span = startServerSpan(request.headers, isTraced ? () => describe(request) : undefined);
  rememberTrace(request.raw, span);
  const served: RequestContext = { requestId: request.id };
  if (span.isRecording()) reply.raw.once('close', () => endServerSpan(span, reply, served));
  runInRequestContext(served, serve, span);
}

function describe({ method, routeOptions, protocol }: FastifyRequest): SpanDescription {
  const route = routeOptions.url;
  return {
    name: route === undefined ? method : `${method} ${route}`,
    attributes: {
      'http.request.method': method,
      'url.scheme': protocol,
      ...(route !== undefined && { 'http.route': route }),
    },
  };
}

function endServerSpan(span: Span, { raw }: FastifyReply, { error }: RequestContext): void {
  if (raw.headersSent) span.setAttribute('http.response.status_code', raw.statusCode);
  if (!raw.writableFinished) span.setAttribute('error.type', 'ClientDisconnectedError');
  else if (raw.statusCode >= 500) {
    // A refusal has no error, and its status says what it is.
    span.setAttribute('error.type', error === undefined ? String(raw.statusCode) : errorTypeOf(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
