import type * as OpenTelemetryApi from '@opentelemetry/api';
import { createRequire } from 'node:module';

type OpenTelemetry = typeof OpenTelemetryApi;

let openTelemetry: OpenTelemetry | undefined;
let isLooked = false;

/**
 * The headers that continue the current trace in the next service, by the propagator of OpenTelemetry. None where
 * `@opentelemetry/api` is not installed, or without an SDK.
 */
export function traceHeaders(): Readonly<Record<string, string>> {
  const api = installed();
  const headers: Record<string, string> = {};
  api?.propagation.inject(api.context.active(), headers);
  return headers;
}

/** The package is optional, and a request cannot wait for an asynchronous import. */
function installed(): OpenTelemetry | undefined {
  if (isLooked) return openTelemetry;
  isLooked = true;
  const require = createRequire(import.meta.url);
  try {
    openTelemetry = require('@opentelemetry/api') as OpenTelemetry;
  } catch {
    // Not installed.
  }
  return openTelemetry;
}
