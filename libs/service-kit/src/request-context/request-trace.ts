import type { IncomingMessage } from 'node:http';
import { continueTrace, type TraceContext } from './trace-context.ts';

const traces = new WeakMap<object, TraceContext>();

/** The trace of a request: the same whenever it is asked for, also before and after the request is being worked on. */
export function traceOf(request: Pick<IncomingMessage, 'headers'>): TraceContext {
  const known = traces.get(request);
  if (known) return known;
  const trace = continueTrace(request.headers);
  traces.set(request, trace);
  return trace;
}
