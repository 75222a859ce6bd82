import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { composeVersion, findTracingProgram } from '@breakwater/monitoring/tracing-programs';
import type { ComposeProject } from './compose-project.ts';

/** A span as Jaeger's API returns it, with its tags by name. */
export interface Span {
  readonly id: string;
  /** Undefined for a span whose parent is not in the trace. */
  readonly parentId: string | undefined;
  readonly service: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, unknown>>;
}

/** Programs of the profile `tracing`, and where an image of them has them. */
const programs = [
  {
    name: 'otelcol',
    service: 'otel-collector',
    image: 'otel/opentelemetry-collector',
    variable: 'OTEL_COLLECTOR_IMAGE',
  },
  { name: 'jaeger', service: 'jaeger', image: 'jaegertracing/jaeger', variable: 'JAEGER_IMAGE' },
] as const;

/**
 * Finds or makes the images of the collector and of Jaeger: those of docker-compose.yml if they are there or can be pulled,
 * otherwise ones with the programs that `monitoring/tracing/programs/build.sh` has built.
 *
 * @returns the variables that name them, or why there are none
 */
export async function tracingImages(
  project: ComposeProject,
): Promise<{ readonly variables: Readonly<Record<string, string>> } | { readonly missing: string }> {
  const variables: Record<string, string> = {};
  for (const { name, service, image, variable } of programs) {
    const official = `${image}:${composeVersion(service)}`;
    const has = await project.docker('image', 'inspect', official).then(
      () => true,
      () => false,
    );
    if (has) continue;
    const { file, missing } = findTracingProgram(name, `traces, without the image ${official}`);
    if (file !== undefined) variables[variable] = await imageOf(project, name, file);
    else if (!(await canPull(project, official))) return { missing };
  }
  return { variables };
}

const canPull = (project: ComposeProject, image: string): Promise<boolean> =>
  project.docker('pull', '--quiet', image).then(
    () => true,
    () => false,
  );

/** An image with a program. Its base has `wget`, with which compose looks whether Jaeger is healthy. */
async function imageOf(project: ComposeProject, name: string, file: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'breakwater-check-image-'));
  try {
    await copyFile(file, path.join(folder, name));
    const base = `prom/prometheus:v${composeVersion('prometheus')}`;
    const lines = [
      `FROM ${process.env['PROMETHEUS_IMAGE'] ?? base}`,
      `COPY ${name} /${name}`,
      `ENTRYPOINT ["/${name}"]`,
    ];
    await writeFile(path.join(folder, 'Dockerfile'), lines.join('\n'));
    const tag = `breakwater-check/${name}:local`;
    await project.docker('build', '--quiet', '--tag', tag, folder);
    return tag;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A new trace that the caller records, for the header `traceparent`. */
export function newTrace(): { readonly traceId: string; readonly traceparent: string } {
  const traceId = randomBytes(16).toString('hex');
  return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
}

interface JaegerResponse {
  readonly data?: readonly {
    readonly spans: readonly {
      readonly spanID: string;
      readonly operationName: string;
      readonly processID: string;
      readonly references: readonly { readonly refType: string; readonly spanID: string }[];
      readonly tags: readonly { readonly key: string; readonly value: unknown }[];
    }[];
    readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
  }[];
}

/** The spans of a trace in Jaeger; none until it has received one. */
export async function spansOf(jaegerUrl: string, traceId: string): Promise<readonly Span[]> {
  const response = await fetch(`${jaegerUrl}/api/traces/${traceId}`, { signal: AbortSignal.timeout(5_000) });
  const { data = [] } = (await response.json()) as JaegerResponse;
  return data.flatMap(({ spans, processes }) =>
    spans.map(({ spanID: id, operationName: name, processID, references, tags }) => ({
      id,
      parentId: references.find(({ refType }) => refType === 'CHILD_OF')?.spanID,
      service: processes[processID]?.serviceName ?? '',
      name,
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    })),
  );
}

/**
 * Checks that a trace has the spans of a bundled service that an instrumentation of imported modules would not make.
 *
 * @throws Error naming the first that is missing
 */
export function requireSpans(spans: readonly Span[], traceparent: string): void {
  const wanted: readonly (readonly [what: string, isIt: (span: Span) => boolean])[] = [
    ['server span of account', ({ service, tags }) => service === 'account' && tags['span.kind'] === 'server'],
    [
      'HTTP client span of account',
      ({ service, tags }) => service === 'account' && isClient(tags, 'http.request.method'),
    ],
    ['database span of account', ({ service, tags }) => service === 'account' && isClient(tags, 'db.system.name')],
    ['server span of customer', ({ service, tags }) => service === 'customer' && tags['span.kind'] === 'server'],
    ['database span of customer', ({ service, tags }) => service === 'customer' && isClient(tags, 'db.system.name')],
  ];
  const [missing] = wanted.filter(([, isIt]) => !spans.some((span) => isIt(span))).map(([what]) => what);
  if (missing !== undefined)
    throw new Error(`The trace has no ${missing}: ${spans.map(({ name }) => name).join(', ')}`);
  // The first span is a child of the caller's, which nothing recorded.
  const known = new Set([...spans.map(({ id }) => id), traceparent.split('-')[2]]);
  const orphan = spans.find(({ parentId }) => parentId === undefined || !known.has(parentId));
  if (orphan !== undefined) throw new Error(`The span ${orphan.name} of ${orphan.service} has no parent in its trace`);
}

const isClient = (tags: Span['tags'], attribute: string): boolean =>
  tags['span.kind'] === 'client' && tags[attribute] !== undefined;
