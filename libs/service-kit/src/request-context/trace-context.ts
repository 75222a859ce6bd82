import { randomBytes } from 'node:crypto';
import { parseTraceState } from './trace-state.ts';

/** The headers in which a trace travels from service to service (W3C Trace Context). */
export const traceParentHeader = 'traceparent';
export const traceStateHeader = 'tracestate';

/** Where in a trace the work for a request stands. */
export interface TraceContext {
  /** Of all that is done anywhere for what began it: 32 digits, hexadecimal. */
  readonly traceId: string;
  /** Of this service's part of it: 16 digits, hexadecimal. */
  readonly spanId: string;
  /** Whether whoever began the trace records it. */
  readonly isSampled: boolean;
  /** What tracing systems tell one another; passed on as it came. */
  readonly traceState?: string | undefined;
}

/** What a `traceparent` says: the trace, and the span of whoever sent it. */
export type TraceParent = Omit<TraceContext, 'traceState'>;

const pattern =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/;
const allZero = /^0+$/;
const sampledFlag = 1;

/**
 * Reads a `traceparent`. One of a later version than 00 is read as far as 00 goes.
 *
 * @returns undefined for what is none: in capitals, with an id of zeros only, of the version `ff`
 */
export function parseTraceParent(header: string): TraceParent | undefined {
  const { version, traceId, spanId, flags, more } = pattern.exec(header)?.groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (allZero.test(traceId) || allZero.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & sampledFlag) === sampledFlag };
}

/** Writes a `traceparent` of version 00, with no flag but the one that version knows. */
export const formatTraceParent = ({ traceId, spanId, isSampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;

/** A trace that begins here. Nothing records it, so it doesn't ask the services behind this one to. */
export const beginTrace = (): TraceContext => ({ traceId: randomId(16), spanId: randomId(8), isSampled: false });

/** The trace that the headers continue, with a span of our own; a new trace where they continue none. */
export function continueTrace(headers: Readonly<Record<string, string | string[] | undefined>>): TraceContext {
  const parent = parseTraceParent(textOf(headers[traceParentHeader]));
  if (!parent) return beginTrace();
  const traceState = parseTraceState(textOf(headers[traceStateHeader]));
  return { ...parent, spanId: randomId(8), ...(traceState === undefined ? {} : { traceState }) };
}

/** What a call to another service carries, so that its part of the trace hangs beneath ours. */
export const headersOf = (trace: TraceContext): Record<string, string> => ({
  [traceParentHeader]: formatTraceParent(trace),
  ...(trace.traceState === undefined ? {} : { [traceStateHeader]: trace.traceState }),
});

/** A header that came several times; `traceparent` must not, and is none then. */
const textOf = (header: string | string[] | undefined): string =>
  Array.isArray(header) ? header.join(',') : (header ?? '');

/** Random bytes in hexadecimal, not all of them zero. */
function randomId(bytes: number): string {
  const id = randomBytes(bytes).toString('hex');
  return allZero.test(id) ? randomId(bytes) : id;
}
