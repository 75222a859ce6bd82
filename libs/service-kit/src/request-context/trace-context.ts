import { randomBytes } from 'node:crypto';

const traceParentHeader = 'traceparent';
const traceStateHeader = 'tracestate';

/** The position of a request in a trace (W3C Trace Context). */
export interface TraceContext {
  /** The id of the whole trace: 32 hexadecimal digits. */
  readonly traceId: string;
  /** The id of this service's span: 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether the service that started the trace records it. */
  readonly isSampled: boolean;
  /** Data of tracing systems, passed on unchanged. */
  readonly traceState?: string | undefined;
}

/** The content of a `traceparent` header: the trace and the span of the caller. */
export type TraceParent = Omit<TraceContext, 'traceState'>;

const traceParentForm =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/;
const allZero = /^0+$/;
const sampledFlag = 1;

/**
 * Reads a `traceparent` header. Of a version later than 00, the part that 00 defines is read.
 *
 * @returns undefined for an invalid header: upper case, an id of zeros only, version `ff`
 */
export function parseTraceParent(header: string): TraceParent | undefined {
  const { version, traceId, spanId, flags, more } = traceParentForm.exec(header)?.groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (allZero.test(traceId) || allZero.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & sampledFlag) === sampledFlag };
}

/** Writes a `traceparent` header of version 00. */
export const formatTraceParent = ({ traceId, spanId, isSampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;

/** Starts a trace. It is not recorded here, so it is not sampled. */
export const beginTrace = (): TraceContext => ({ traceId: randomId(16), spanId: randomId(8), isSampled: false });

/** Continues the trace of the headers with a new span; without a valid trace, starts one. */
export function continueTrace(headers: Readonly<Record<string, string | string[] | undefined>>): TraceContext {
  const parent = parseTraceParent(textOf(headers[traceParentHeader]));
  if (!parent) return beginTrace();
  const traceState = parseTraceState(textOf(headers[traceStateHeader]));
  return { ...parent, spanId: randomId(8), ...(traceState === undefined ? {} : { traceState }) };
}

/** The headers of a call to another service, which make our span the parent of its span. */
export const headersOf = (trace: TraceContext): Record<string, string> => ({
  [traceParentHeader]: formatTraceParent(trace),
  ...(trace.traceState === undefined ? {} : { [traceStateHeader]: trace.traceState }),
});

/** A repeated header as one; a repeated `traceparent` is invalid. */
const textOf = (header: string | string[] | undefined): string =>
  Array.isArray(header) ? header.join(',') : (header ?? '');

/** Random bytes in hexadecimal, not all of them zero. */
function randomId(bytes: number): string {
  const id = randomBytes(bytes).toString('hex');
  return allZero.test(id) ? randomId(bytes) : id;
}

/** The length that every service must pass on at least, in characters (W3C Trace Context). */
const maxStateLength = 512;
const maxStateMembers = 32;
/** Longer members are removed first. */
const longMember = 128;

const key = String.raw`(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})`;
/** Printable ASCII without comma and equals sign; the last character is not a space. */
const value = String.raw`[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]`;
const stateMember = new RegExp(`^(${key})=${value}$`);

/**
 * Reads a `tracestate` header. It is passed on unchanged up to 512 characters: of a longer one, members of more than 128
 * characters are removed first, then the last ones.
 *
 * @returns undefined without a header, or for a malformed one
 */
export function parseTraceState(header: string | undefined): string | undefined {
  const members = (header ?? '')
    .split(',')
    .map((text) => text.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
    .filter(Boolean);
  const keys = members.map((text) => stateMember.exec(text)?.[1]);
  const isWellFormed =
    members.length <= maxStateMembers && !keys.includes(undefined) && new Set(keys).size === members.length;
  return isWellFormed && members.length > 0 ? shorten(members) : undefined;
}

function shorten(members: readonly string[]): string | undefined {
  const kept = [...members];
  while (kept.join(',').length > maxStateLength) {
    // Without a long member the index is -1, which is the last one's.
    kept.splice(
      kept.findIndex(({ length }) => length > longMember),
      1,
    );
  }
  return kept.length > 0 ? kept.join(',') : undefined;
}
