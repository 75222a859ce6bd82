import {
  type Attributes,
  context,
  type Context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { randomUUID } from 'node:crypto';

// All that runs of OpenTelemetry where no endpoint is set. Neither replaces what an SDK has registered before.
context.setGlobalContextManager(new AsyncLocalStorageContextManager());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

/** The tracer of the service kit; it records nothing before `recordSpans`. */
export const tracer = trace.getTracer('@breakwater/service-kit');

let areRecorded = false;

/** Whether spans are recorded, and metrics exported: parts of a service may leave out what is only for them. */
export const exportsTelemetry = (): boolean => areRecorded;

/** Makes `startServerSpan` use the registered tracer provider. */
export function recordSpans(): void {
  areRecorded = true;
}

/** What the span of a request or of background work has. */
export interface SpanDescription {
  readonly name: string;
  /** Without personal data: no ids of customers, no paths and queries of requests. */
  readonly attributes?: Attributes;
}

/** The headers of a request as Node has them. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The span of a request that this process serves. It continues the trace of a valid `traceparent`, otherwise it starts one.
 * Where nothing records spans, it has ids of its own all the same, for logs and problem details; a trace that starts there is
 * not marked as sampled, and one that the caller records keeps its mark.
 */
export function startServerSpan(headers: Headers, described: SpanDescription | undefined): Span {
  const caller = propagation.extract(ROOT_CONTEXT, headers);
  if (!areRecorded || described === undefined) return unrecordedSpan(trace.getSpanContext(caller));
  const { name, attributes } = described;
  return tracer.startSpan(name, { kind: SpanKind.SERVER, ...(attributes && { attributes }) }, caller);
}

/** 32 hexadecimal digits, of which the last 15 are random. Node draws the random numbers of many UUIDs at once. */
const randomHex = (): string => randomUUID().replaceAll('-', '');

function unrecordedSpan(caller: SpanContext | undefined): Span {
  const spanId = randomHex().slice(16);
  if (caller === undefined) return trace.wrapSpanContext({ traceId: randomHex(), spanId, traceFlags: 0 });
  // The propagator writes flags that it does not know as an invalid header.
  const traceFlags = caller.traceFlags & TraceFlags.SAMPLED;
  const { traceId, traceState } = caller;
  return trace.wrapSpanContext({ traceId, spanId, traceFlags, ...(traceState && { traceState }) });
}

/** Runs work that no service records, such as a health probe: its calls pass on a trace that is not sampled. */
export function withoutSpans<T>(work: () => T): T {
  return context.with(trace.setSpan(ROOT_CONTEXT, unrecordedSpan(undefined)), work);
}

/** Whether the work that runs now belongs to a span that is recorded. */
export function isRecorded(): boolean {
  return trace.getActiveSpan()?.isRecording() === true;
}

/**
 * Runs work in a span within the current one. If the current one is not recorded, there is no span, and the work runs as it is.
 *
 * @throws the error of the work; the span has its type, and no message, which could contain data of a person
 */
export function inSpan<T>(
  name: string,
  work: (span: Span | undefined) => Promise<T>,
  options: { readonly kind?: SpanKind; readonly attributes?: Attributes } = {},
): Promise<T> {
  return isRecorded() ? runInSpan(context.active(), name, options, work) : work(undefined);
}

/**
 * Runs background work in a trace of its own that is linked to the one that caused it. If that is not recorded, the work runs as
 * it is.
 *
 * @param cause the `traceparent` of the span that caused the work; undefined if it is not recorded
 */
export function inLinkedTrace<T>(
  { name, attributes }: SpanDescription,
  cause: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const linked =
    cause === undefined ? undefined : trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent: cause }));
  if (!areRecorded || linked === undefined) return work();
  return runInSpan(ROOT_CONTEXT, name, { links: [{ context: linked }], ...(attributes && { attributes }) }, work);
}

/** The `traceparent` of the current span if it is recorded, for work that follows later. */
export function currentTraceParent(): string | undefined {
  if (!isRecorded()) return undefined;
  const headers: { traceparent?: string } = {};
  propagation.inject(context.active(), headers);
  return headers.traceparent;
}

async function runInSpan<T>(
  parent: Context,
  name: string,
  options: { readonly kind?: SpanKind; readonly attributes?: Attributes; readonly links?: Link[] },
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Adds an event to the current span, if it is recorded. */
export function addSpanEvent(name: string, attributes: Attributes): void {
  if (isRecorded()) trace.getActiveSpan()?.addEvent(name, attributes);
}

/** Marks a span as failed. @param error an error, or its type */
export function failSpan(span: Span, error: unknown): void {
  span.setAttribute('error.type', typeof error === 'string' ? error : errorTypeOf(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The code of an error, such as `ECONNREFUSED` or an SQLSTATE, otherwise its class. */
export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
