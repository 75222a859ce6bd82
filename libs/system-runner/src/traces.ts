import { randomBytes } from 'node:crypto';

type Attributes = Readonly<Record<string, unknown>>;

/** A span as Jaeger's API returns it, with its tags by name. */
export interface Span {
  readonly id: string;
  /** Undefined for a span whose parent is not in the trace. */
  readonly parentId: string | undefined;
  readonly service: string;
  readonly name: string;
  readonly tags: Attributes;
  /** The attributes of its process, without `service.name`. */
  readonly resource: Attributes;
}

/** A new trace that the caller records, for the header `traceparent`. */
export function newTrace(): { readonly traceId: string; readonly traceparent: string } {
  const traceId = randomBytes(16).toString('hex');
  return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
}

interface Tag {
  readonly key: string;
  readonly value: unknown;
}

/** Without `data`, or with null, when there is no such trace. */
interface JaegerResponse {
  readonly data?:
    | readonly {
        readonly spans: readonly {
          readonly spanID: string;
          readonly operationName: string;
          readonly processID: string;
          readonly references: readonly { readonly refType: string; readonly spanID: string }[];
          readonly tags: readonly Tag[];
        }[];
        readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags?: readonly Tag[] }>>;
      }[]
    | null;
}

/** The spans of a trace in Jaeger; none until it has received one. */
export async function spansOf(jaegerUrl: string, traceId: string): Promise<readonly Span[]> {
  const response = await fetch(`${jaegerUrl}/api/traces/${traceId}`, { signal: AbortSignal.timeout(5_000) });
  const { data } = (await response.json()) as JaegerResponse;
  return (data ?? []).flatMap(({ spans, processes }) =>
    spans.map(({ spanID: id, operationName: name, processID, references, tags }) => ({
      id,
      parentId: references.find(({ refType }) => refType === 'CHILD_OF')?.spanID,
      service: processes[processID]?.serviceName ?? '',
      name,
      tags: attributesOf(tags),
      resource: attributesOf(processes[processID]?.tags ?? []),
    })),
  );
}

const attributesOf = (tags: readonly Tag[]): Attributes =>
  Object.fromEntries(tags.map(({ key, value }) => [key, value]));

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
