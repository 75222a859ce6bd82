import { trace, type Tracer } from '@opentelemetry/api';

/** The API's own no-op as long as no SDK is registered. Asked for anew, since an SDK may be registered later. */
export function resilienceTracer(): Tracer {
  return trace.getTracer('@breakwater/resilience');
}
