import { AsyncLocalStorage } from 'node:async_hooks';
import { beginTrace, headersOf, type TraceContext } from './trace-context.ts';

/** What is known about the request that is being served. */
export interface RequestContext {
  readonly requestId: string;
  /** Where in a trace it stands. */
  readonly trace: TraceContext;
  /** What it was answered with instead of a result, once that is so. */
  error?: unknown;
}

const storage = new AsyncLocalStorage<RequestContext>();

/**
 * Runs `work`, and whatever it starts, in the context of a request.
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

/** The id of the request that is being served, for passing it on; undefined outside of one. */
export function currentRequestId(): string | undefined {
  return storage.getStore()?.requestId;
}

/** The trace that the request being served belongs to; undefined outside of one. */
export function currentTraceContext(): TraceContext | undefined {
  return storage.getStore()?.trace;
}

/** The headers by which a call made for this request continues its trace; none outside of a request. */
export function traceHeaders(): Record<string, string> {
  const trace = currentTraceContext();
  return trace ? headersOf(trace) : {};
}
