import { type Span, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { UsedEndpoints } from '../../core/call-endpoints.ts';
import { attributeNames as names, errorTypeOf } from '../../core/observability.ts';
import { isAborted } from '../../core/cut-off.ts';
import { isError } from '../../core/error-matcher.ts';
import { type CallContext, type Policy, type ProtectedCall, withUsedEndpoints } from '../../core/policy.ts';

/**
 * The tracer of this library; a no-op without an SDK. Looked up for each span, since an SDK may be registered later.
 */
export function resilienceTracer(): Tracer {
  return trace.getTracer('@breakwater/resilience');
}

/**
 * A policy that creates a span for each attempt. Directly inside the retry, each attempt has a span with its number,
 * and the spans of inner policies and of the HTTP client are its children. With an endpoint pool inside, it has the
 * endpoint of the attempt.
 *
 * Without an OpenTelemetry SDK, and within a span that is not recorded, it has no effect.
 *
 * @example
 * const customer = pipeline('customer', [retry, new AttemptSpans('customer'), circuitBreaker, timeLimiter]);
 */
export class AttemptSpans implements Policy {
  readonly name: string;

  /** @param name the dependency; the spans are named `<name> attempt` */
  constructor(name: string) {
    this.name = name;
  }

  /** @throws the error of `call`; the span records it and fails, unless the caller aborted */
  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const usedEndpoints = UsedEndpoints.ofAttempt(context?.usedEndpoints);
    const usedBefore = usedEndpoints.count;
    const callContext = withUsedEndpoints(context, usedEndpoints);
    // A trace that is not recorded costs no further span.
    if (trace.getActiveSpan()?.isRecording() === false) return call(callContext);
    const attributes = { [names.name]: this.name, [names.attempt]: callContext.attempt };
    return resilienceTracer().startActiveSpan(`${this.name} attempt`, { attributes }, async (span) => {
      try {
        return await call(callContext);
      } catch (error) {
        if (!isAborted(context)) fail(span, error);
        throw error;
      } finally {
        // An endpoint pool inside chooses it; of several, the one of the latest hedge.
        const { count, latest } = usedEndpoints;
        if (count > usedBefore && latest !== undefined) span.setAttribute(names.endpoint, latest.name);
        span.end();
      }
    });
  }
}

function fail(span: Span, error: unknown): void {
  span.recordException(isError(error) ? error : String(error));
  span.setAttribute(names.errorType, errorTypeOf(error) ?? 'undefined');
  span.setStatus({ code: SpanStatusCode.ERROR, message: isError(error) ? error.message : String(error) });
}
