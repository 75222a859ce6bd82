import { DeadlineExceededError } from '@breakwater/resilience';
import { currentCallContext } from '@breakwater/resilience/nest';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import {
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { startServerSpan } from '../telemetry/spans.ts';

/** The request that is being served. */
export interface RequestContext {
  readonly requestId: string;
  /** The error that the response reports, if any. */
  error?: unknown;
}

/** OpenTelemetry's context carries it, next to the current span. */
const requestKey = createContextKey('request');

/**
 * Runs `work`, and all that it starts, in the context of a request.
 *
 * @param span default: that of a new trace
 */
export function runInRequestContext<T>(
  request: RequestContext,
  work: () => T,
  span: Span = startServerSpan({}, undefined),
): T {
  return context.with(trace.setSpan(ROOT_CONTEXT, span).setValue(requestKey, request), work);
}

/** The request that is being served; undefined outside of one. */
export function currentRequest(): RequestContext | undefined {
  return context.active().getValue(requestKey) as RequestContext | undefined;
}

/** The id of the request that is being served; undefined outside of one. */
export function currentRequestId(): string | undefined {
  return currentRequest()?.requestId;
}

/** The trace and the span of the work that runs now; undefined outside of one. */
export function currentTraceContext(): SpanContext | undefined {
  return trace.getActiveSpan()?.spanContext();
}

/** The id of the current trace if it is sampled, so that a dashboard or the console can open it. */
export function currentSampledTraceId(): string | undefined {
  const { traceId, traceFlags = TraceFlags.NONE } = currentTraceContext() ?? {};
  return (traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : traceId;
}

/** The headers with which a call continues the current trace; none outside of one. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

/** The header with the id of a request, from the gateway to the last service and back. */
export const requestIdHeader = 'x-request-id';

const validRequestId = /^[A-Za-z0-9._-]{1,128}$/;

/** The id in the request's header, if it is a valid one; otherwise a new UUID. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers[requestIdHeader];
  return typeof given === 'string' && validRequestId.test(given) ? given : randomUUID();
}

const traces = new WeakMap<object, SpanContext>();

/** The trace of a request, also before and after its context; always the same one. */
export function traceOf(request: Pick<IncomingMessage, 'headers'>): SpanContext {
  return traces.get(request) ?? rememberTrace(request, startServerSpan(request.headers, undefined));
}

/** Makes the span that serves a request known to `traceOf`. */
export function rememberTrace(request: Pick<IncomingMessage, 'headers'>, span: Span): SpanContext {
  const served = span.spanContext();
  traces.set(request, served);
  return served;
}

/**
 * A parameter that aborts when the response is no longer needed: the client disconnects, or the deadline of the request
 * passes. `disconnect` ignores the deadline, for a response that is streamed for longer.
 *
 * @example
 * find(@Param('id') id: string, @RequestSignal() signal: AbortSignal) {}
 */
export const RequestSignal = createParamDecorator(
  (only: 'disconnect' | undefined, context: ExecutionContext): AbortSignal => {
    const http = context.switchToHttp();
    const { raw } = http.getResponse<FastifyReply>();
    const { method, originalUrl } = http.getRequest<FastifyRequest>();
    const controller = new AbortController();
    const deadline = only === 'disconnect' ? undefined : currentCallContext().deadline;
    const cancel = deadline?.whenPassed(() => {
      controller.abort(new DeadlineExceededError(`${method} ${originalUrl.split('?', 1)[0]}`));
    });
    raw.once('close', () => {
      cancel?.();
      if (!raw.writableFinished) controller.abort(new ClientDisconnectedError());
    });
    return controller.signal;
  },
);

/** The client closed the connection before it received the response. */
export class ClientDisconnectedError extends Error {
  override readonly name = 'ClientDisconnectedError';

  constructor() {
    super('The client closed the connection before it received the response.');
  }
}
