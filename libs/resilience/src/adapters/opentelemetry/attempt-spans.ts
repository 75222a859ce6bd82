import { type Span, SpanStatusCode } from '@opentelemetry/api';
import {
  type CallContext,
  abortSourceOf,
  isCallerAbort,
  type Policy,
  type ProtectedCall,
  toCallContext,
} from '../../core/policy.ts';
import { attributeNames as names } from './attribute-names.ts';
import { errorTypeOf } from './error-type.ts';
import { resilienceTracer } from './tracer.ts';

/**
 * A span for each attempt. As a policy it takes its place in a pipeline: right inside the retry each attempt has its own
 * span, with its number, and what inner policies and the HTTP client do is below it.
 *
 * Without an OpenTelemetry SDK the call is made as if this were not there.
 *
 * @example
 * const customer = pipeline('customer', [retry, new AttemptSpans('customer'), circuitBreaker, timeLimiter]);
 */
export class AttemptSpans implements Policy {
  readonly name: string;

  /** @param name what is called; the spans are named after it */
  constructor(name: string) {
    this.name = name;
  }

  /** @throws what `call` threw; the span then has it, and failed, unless the caller gave up */
  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const callContext = toCallContext(context);
    const attributes = { [names.name]: this.name, [names.attempt]: callContext.attempt };
    return resilienceTracer().startActiveSpan(`${this.name} attempt`, { attributes }, async (span) => {
      try {
        return await call(callContext);
      } catch (error) {
        if (!isCallerAbort(error, abortSourceOf(context))) fail(span, error);
        throw error;
      } finally {
        span.end();
      }
    });
  }
}

function fail(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setAttribute(names.errorType, errorTypeOf(error) ?? 'undefined');
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
}
