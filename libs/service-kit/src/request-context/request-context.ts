import { DeadlineExceededError } from '@breakwater/resilience';
import { currentCallContext } from '@breakwater/resilience/nest';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { beginTrace, continueTrace, headersOf, type TraceContext } from './trace-context.ts';

/** The request that is being served. */
export interface RequestContext {
  readonly requestId: string;
  readonly trace: TraceContext;
  /** The error that the response reports, if any. */
  error?: unknown;
}

const storage = new AsyncLocalStorage<RequestContext>();

/**
 * Runs `work`, and all that it starts, in the context of a request.
 *
 * @param context default of `trace`: a new one
 */
export function runInRequestContext<T>(
  { requestId, trace = beginTrace() }: Pick<RequestContext, 'requestId'> & Partial<Pick<RequestContext, 'trace'>>,
  work: () => T,
): T {
  return storage.run({ requestId, trace }, work);
}

/** The request that is being served; undefined outside of one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** The id of the request that is being served; undefined outside of one. */
export function currentRequestId(): string | undefined {
  return storage.getStore()?.requestId;
}

/** The trace of the request that is being served; undefined outside of one. */
export function currentTraceContext(): TraceContext | undefined {
  return storage.getStore()?.trace;
}

/** The headers with which a call continues the trace of the request; none outside of one. */
export function traceHeaders(): Record<string, string> {
  const trace = currentTraceContext();
  return trace ? headersOf(trace) : {};
}

/** The header with the id of a request, from the gateway to the last service and back. */
export const requestIdHeader = 'x-request-id';

const validRequestId = /^[A-Za-z0-9._-]{1,128}$/;

/** The id in the request's header, if it is a valid one; otherwise a new UUID. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers[requestIdHeader];
  return typeof given === 'string' && validRequestId.test(given) ? given : randomUUID();
}

const traces = new WeakMap<object, TraceContext>();

/** The trace of a request, also before and after its context; always the same one. */
export function traceOf(request: Pick<IncomingMessage, 'headers'>): TraceContext {
  const known = traces.get(request);
  if (known) return known;
  const trace = continueTrace(request.headers);
  traces.set(request, trace);
  return trace;
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
