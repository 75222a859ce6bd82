import { AsyncLocalStorage } from 'node:async_hooks';
import { beginTrace, headersOf, type TraceContext } from './trace-context.ts';

/** What is known about the request that is being served. */
export interface RequestContext {
  readonly requestId: string;
  /** Where in a trace it stands. */
  readonly trace: TraceContext;
  /** When it came, in milliseconds of `performance.now()`. */
  readonly startedAt: number;
  /** When the caller stops waiting, in milliseconds of `performance.now()`. Default: it hasn't said. */
  readonly endsAt?: number | undefined;
  /** What it was answered with instead of a result, once that is so. */
  error?: unknown;
}

const storage = new AsyncLocalStorage<RequestContext>();

/**
 * Runs `work`, and whatever it starts, in the context of a request.
 *
 * @param context default of `trace`: a new one; of `startedAt`: now
 */
export function runInRequestContext<T>(
  { requestId, trace = beginTrace(), startedAt = performance.now(), endsAt }: GivenRequestContext,
  work: () => T,
): T {
  return storage.run({ requestId, trace, startedAt, endsAt }, work);
}

type GivenRequestContext = Pick<RequestContext, 'requestId' | 'endsAt'> &
  Partial<Pick<RequestContext, 'trace' | 'startedAt'>>;

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

/**
 * What is left of the time for which the caller waits, in milliseconds; undefined where nothing limits it.
 *
 * @param limitMs how long a request may take from when it came, whatever its caller says; without a limit by default
 */
export function remainingRequestMs(limitMs: number = Number.POSITIVE_INFINITY): number | undefined {
  const request = storage.getStore();
  if (request === undefined) return undefined;
  const { startedAt, endsAt: callersEnd = Number.POSITIVE_INFINITY } = request;
  const endsAt = Math.min(callersEnd, startedAt + limitMs);
  return endsAt === Number.POSITIVE_INFINITY ? undefined : Math.max(0, endsAt - performance.now());
}
