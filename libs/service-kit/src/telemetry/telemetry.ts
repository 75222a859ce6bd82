import type { ServiceConfig } from '../config/service-config.ts';
import { recordSpans } from './spans.ts';

export type TelemetryConfig = Pick<
  ServiceConfig,
  | 'INSTANCE_NAME'
  | 'OTEL_SDK_DISABLED'
  | 'OTEL_EXPORTER_OTLP_ENDPOINT'
  | 'OTEL_EXPORTER_OTLP_PROTOCOL'
  | 'OTEL_TRACES_SAMPLER'
  | 'OTEL_TRACES_SAMPLER_ARG'
  | 'OTEL_BSP_SCHEDULE_DELAY'
  | 'OTEL_METRIC_EXPORT_INTERVAL'
  | 'OTEL_SERVICE_NAME'
  | 'OTEL_RESOURCE_ATTRIBUTES'
>;

/** The export of spans and metrics. */
export interface Telemetry {
  /** Sends what has not been sent, for at most 2 s. Never rejects. */
  shutDown(): Promise<void>;
}

/**
 * Exports spans and metrics if `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Otherwise the SDK is not loaded.
 *
 * @param service the name of the service, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` sets another
 * @param warn logs that the export fails: each message at most once a minute
 */
export async function startTelemetry(
  service: string,
  config: TelemetryConfig,
  warn: (message: string) => void,
): Promise<Telemetry | undefined> {
  const { OTEL_SDK_DISABLED: isDisabled, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = config;
  if (isDisabled || endpoint === undefined) return undefined;
  const { startSdk } = await import('./sdk.ts');
  const telemetry = await startSdk(service, endpoint, config, warn);
  recordSpans();
  return telemetry;
}
