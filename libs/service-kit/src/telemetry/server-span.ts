import { type Attributes, type Histogram, metrics, SpanStatusCode, type Span } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isProbe } from '../metrics/metrics.registry.ts';
import { rememberTrace, runInRequestContext, type RequestContext } from '../request-context/request-context.ts';
import { errorTypeOf, exportsTelemetry, startServerSpan, type SpanDescription } from './spans.ts';

/**
 * Serves a request in its span, which ends with the response. Health checks and scrapes have none.
 *
 * The attributes are those of OpenTelemetry's conventions for HTTP, without `url.path` and `url.query`: the ids of customers
 * are in them.
 */
export function serveInSpan(request: FastifyRequest, reply: FastifyReply, serve: () => void): void {
  const isTraced = exportsTelemetry() && !isProbe(request.url);
  const described = isTraced ? describe(request) : undefined;
  const span = startServerSpan(request.headers, described);
  rememberTrace(request.raw, span);
  const served: RequestContext = { requestId: request.id };
  if (described !== undefined) {
    const startedAt = performance.now();
    reply.raw.once('close', () => {
      const outcome = outcomeOf(reply, served);
      if (span.isRecording()) endServerSpan(span, outcome);
      durations().record((performance.now() - startedAt) / 1_000, { ...described.attributes, ...outcome });
    });
  }
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

/** How a response ended, as attributes. */
function outcomeOf({ raw }: FastifyReply, { error }: RequestContext): Attributes {
  const status = raw.headersSent ? { 'http.response.status_code': raw.statusCode } : {};
  if (!raw.writableFinished) return { ...status, 'error.type': 'ClientDisconnectedError' };
  if (raw.statusCode < 500) return status;
  // A refusal has no error, and its status says what it is.
  return { ...status, 'error.type': error === undefined ? String(raw.statusCode) : errorTypeOf(error) };
}

function endServerSpan(span: Span, outcome: Attributes): void {
  span.setAttributes(outcome);
  if (Number(outcome['http.response.status_code']) >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

let histogram: Histogram | undefined;

/** The metric of OpenTelemetry's conventions for HTTP servers, next to Prometheus's. */
const durations = (): Histogram =>
  (histogram ??= metrics.getMeter('@breakwater/service-kit').createHistogram('http.server.request.duration', {
    description: 'The duration of requests, without health checks and scrapes.',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
  }));
