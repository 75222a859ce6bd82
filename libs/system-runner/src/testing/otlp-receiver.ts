import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { listen } from '../ports.ts';

export type AttributeValue = string | number | boolean | readonly AttributeValue[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A span as a process exported it. */
export interface ReceivedSpan {
  /** `service.name` of the process. */
  readonly service: string;
  /** All attributes of the process. */
  readonly resource: Attributes;
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the first span of a trace. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly startMs: number;
  readonly durationMs: number;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly timeMs: number; readonly attributes: Attributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly hasFailed: boolean;
}

/** The latest value of a metric that a process exported. */
export interface ReceivedMetric {
  readonly service: string;
  readonly name: string;
  readonly unit: string;
  readonly points: readonly Attributes[];
}

/** A collector that keeps what it receives: OTLP over HTTP in JSON (`OTEL_EXPORTER_OTLP_PROTOCOL=http/json`). */
export class OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[] = [];
  readonly metrics: ReceivedMetric[] = [];
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
    server.on('request', (request, response) => {
      void this.#receive(request).then(
        () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
        (error: unknown) => response.writeHead(400).end(String(error)),
      );
    });
  }

  static async start(): Promise<OtlpReceiver> {
    const server = createServer();
    return new OtlpReceiver(server, await listen(server));
  }

  /** The variables with which a service exports to it, soon after a span has ended. */
  get environment(): Readonly<Record<string, string>> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: this.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
    };
  }

  /** The spans of a trace, in the order of their start. */
  trace(traceId: string): readonly ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId).toSorted((a, b) => a.startMs - b.startMs);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(request: IncomingMessage): Promise<void> {
    const body = (await json(request)) as Partial<SpansInOtlp & MetricsInOtlp>;
    for (const { resource, scopeSpans } of body.resourceSpans ?? []) {
      const attributes = attributesOf(resource.attributes);
      this.spans.push(...scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(span, attributes))));
    }
    for (const { resource, scopeMetrics } of body.resourceMetrics ?? []) {
      const service = String(attributesOf(resource.attributes)['service.name']);
      this.metrics.push(...scopeMetrics.flatMap(({ metrics }) => metrics.map((metric) => metricOf(metric, service))));
    }
  }
}

interface ValueInOtlp {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly ValueInOtlp[] };
}

type AttributesInOtlp = readonly { readonly key: string; readonly value: ValueInOtlp }[];

interface OfResource {
  readonly resource: { readonly attributes?: AttributesInOtlp };
}

interface SpanInOtlp {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: AttributesInOtlp;
  readonly events?: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes?: AttributesInOtlp;
  }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}

interface SpansInOtlp {
  readonly resourceSpans: readonly (OfResource & {
    readonly scopeSpans: readonly { readonly spans: readonly SpanInOtlp[] }[];
  })[];
}

interface PointsInOtlp {
  readonly dataPoints: readonly { readonly attributes?: AttributesInOtlp }[];
}

interface MetricInOtlp {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: PointsInOtlp;
  readonly gauge?: PointsInOtlp;
  readonly histogram?: PointsInOtlp;
}

interface MetricsInOtlp {
  readonly resourceMetrics: readonly (OfResource & {
    readonly scopeMetrics: readonly { readonly metrics: readonly MetricInOtlp[] }[];
  })[];
}

const kinds = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const failed = 2;

function spanOf(span: SpanInOtlp, resource: Attributes): ReceivedSpan {
  const [startMs, endMs] = [span.startTimeUnixNano, span.endTimeUnixNano].map((nanos) => Number(nanos) / 1e6);
  return {
    service: String(resource['service.name']),
    resource,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    name: span.name,
    kind: kinds[span.kind] ?? 'internal',
    startMs: startMs ?? 0,
    durationMs: (endMs ?? 0) - (startMs ?? 0),
    attributes: attributesOf(span.attributes),
    events: (span.events ?? []).map(({ name, timeUnixNano, attributes }) => ({
      name,
      timeMs: Number(timeUnixNano) / 1e6,
      attributes: attributesOf(attributes),
    })),
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
    hasFailed: span.status?.code === failed,
  };
}

function metricOf({ name, unit = '', ...kinds }: MetricInOtlp, service: string): ReceivedMetric {
  const { dataPoints } = kinds.sum ?? kinds.gauge ?? kinds.histogram ?? { dataPoints: [] };
  return { service, name, unit, points: dataPoints.map(({ attributes }) => attributesOf(attributes)) };
}

function attributesOf(attributes: AttributesInOtlp = []): Attributes {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, intValue, doubleValue, boolValue, arrayValue }: ValueInOtlp): AttributeValue {
  if (arrayValue !== undefined) return arrayValue.values.map(valueOf);
  return stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue ?? '') : Number(intValue));
}
