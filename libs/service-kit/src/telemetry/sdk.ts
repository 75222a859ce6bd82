import { diag, DiagLogLevel, metrics, trace, TraceFlags } from '@opentelemetry/api';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { setTimeout as wait } from 'node:timers/promises';
import type { Telemetry, TelemetryConfig } from './telemetry.ts';

/** The shutdown does not wait longer for a collector. */
const flushMs = 2_000;

/** Loads the exporters and starts them. The spans of an unreachable collector are dropped; at most 2,048 wait in memory. */
export async function startSdk(
  service: string,
  endpoint: string,
  config: TelemetryConfig,
  warn: (message: string) => void,
): Promise<Telemetry> {
  reportProblems(warn);
  const resource = resourceOf(service, config);
  const { spans, points } = await exporters(endpoint, config.OTEL_EXPORTER_OTLP_PROTOCOL);
  const tracerProvider = new TracerProvider({
    resource,
    sampler: samplerOf(config),
    spanProcessors: [new BatchSpanProcessor({ exporter: spans, scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY })],
  });
  const meterProvider = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: points,
        exportIntervalMillis: config.OTEL_METRIC_EXPORT_INTERVAL,
      }),
    ],
  });
  trace.setGlobalTracerProvider(tracerProvider);
  metrics.setGlobalMeterProvider(meterProvider);
  return {
    shutDown: async () => {
      const flushed = Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()]);
      await Promise.race([flushed, wait(flushMs)]);
    },
  };
}

async function exporters(endpoint: string, protocol: TelemetryConfig['OTEL_EXPORTER_OTLP_PROTOCOL']) {
  const base = endpoint.replace(/\/+$/, '');
  const ofSpans = { url: `${base}/v1/traces` };
  const ofPoints = { url: `${base}/v1/metrics` };
  if (protocol === 'http/json') {
    const [{ OTLPTraceExporter }, { OTLPMetricExporter }] = await Promise.all([
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/exporter-metrics-otlp-http'),
    ]);
    return { spans: new OTLPTraceExporter(ofSpans), points: new OTLPMetricExporter(ofPoints) };
  }
  const [{ OTLPTraceExporter }, { OTLPMetricExporter }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/exporter-metrics-otlp-proto'),
  ]);
  return { spans: new OTLPTraceExporter(ofSpans), points: new OTLPMetricExporter(ofPoints) };
}

/** `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` override the names that the service gives itself. */
function resourceOf(service: string, config: TelemetryConfig): Resource {
  const own = resourceFromAttributes({ 'service.name': service, 'service.instance.id': config.INSTANCE_NAME });
  return defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }));
}

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio }: TelemetryConfig): Sampler {
  const root = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }[name.replace(/^parentbased_/, '') as 'always_on' | 'always_off' | 'traceidratio']();
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root: withCauses(root) }) : root;
}

/** Also records a trace that is linked to a recorded one, which caused it. */
const withCauses = (root: Sampler): Sampler => ({
  shouldSample: (...given) => {
    const [, , , , , links] = given;
    const isCaused = links.some(({ context }) => (context.traceFlags & TraceFlags.SAMPLED) !== 0);
    return isCaused ? { decision: SamplingDecision.RECORD_AND_SAMPLED } : root.shouldSample(...given);
  },
  toString: () => `WithCauses{${root.toString()}}`,
});

const repeatMs = 60_000;

/** What the SDK reports: each message at most once a minute. */
function reportProblems(warn: (message: string) => void): void {
  const reportedAt = new Map<string, number>();
  const report = (message: string): void => {
    // Without the stack, and without details that differ each time.
    const text = messageOf(message);
    const last = reportedAt.get(text) ?? -Infinity;
    if (performance.now() - last < repeatMs) return;
    if (reportedAt.size > 100) reportedAt.clear();
    reportedAt.set(text, performance.now());
    warn(text);
  };
  const ignore = (): void => {};
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** The SDK's error handler reports an error as JSON. */
function messageOf(reported: string): string {
  try {
    const { message, code } = JSON.parse(reported) as { message?: string; code?: string };
    return message || code || 'unknown error';
  } catch {
    return reported;
  }
}
