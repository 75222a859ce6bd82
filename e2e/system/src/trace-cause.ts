import type { AttributeValue, ReceivedSpan } from '@breakwater/system-runner/testing';

/** What an operator wants to know of a failed or slow request. */
export interface Cause {
  /** The service where it began. */
  readonly service: string;
  /** The policy that refused or ended the attempt, or that replaced its result; `database` for a statement. */
  readonly policy: string | undefined;
  /** Host and port of the replica; undefined where none was called. */
  readonly endpoint: string | undefined;
  /** From 1. */
  readonly attempt: number;
  /** The type of the error; undefined for a response that was only slow. */
  readonly error: string | undefined;
}

const text = (value: AttributeValue | undefined): string | undefined =>
  typeof value === 'object' ? value.join(' ') : value?.toString();

/** Policies' events, without those that say something about later calls. */
const actsOn = (span: ReceivedSpan): ReceivedSpan['events'] =>
  span.events.filter(({ name }) => name.startsWith('breakwater.') && !/state_transition|ejected|restored/.test(name));

/**
 * What caused the outcome of a request, from the spans that were received, and nothing else.
 *
 * @param traceId of the response or of a log line
 */
export function causeOf(spans: readonly ReceivedSpan[], traceId: string): Cause {
  const ofTrace = spans.filter((span) => span.traceId === traceId).toSorted((a, b) => a.startMs - b.startMs);
  if (ofTrace.length === 0) throw new Error(`no span of the trace ${traceId}`);
  // A later verification says what happened to it; why it was necessary is in the trace that it is linked to.
  const [link] = ofTrace.flatMap(({ links }) => links);
  const attempts = ofTrace.filter(({ attributes }) => attributes['breakwater.attempt'] !== undefined);
  const failed = attempts.findLast(({ hasFailed }) => hasFailed);
  if (link !== undefined && failed === undefined) return causeOf(spans, link.traceId);

  const statement = ofTrace.find(
    ({ attributes, hasFailed }) => hasFailed && attributes['db.system.name'] !== undefined,
  );
  if (statement !== undefined && failed === undefined) {
    const { service, attributes } = statement;
    return { service, policy: 'database', endpoint: undefined, attempt: 1, error: text(attributes['error.type']) };
  }
  const attempt = failed ?? attempts.toSorted((a, b) => b.durationMs - a.durationMs)[0];
  if (attempt === undefined) throw new Error(`the trace ${traceId} has no attempt`);
  const endpoint = text(attempt.attributes['breakwater.endpoint']);
  const request = ofTrace.find(({ kind, parentSpanId }) => kind === 'client' && parentSpanId === attempt.spanId);
  const error = text(request?.attributes['error.type'] ?? attempt.attributes['error.type']);
  // What ended this attempt, or else what replaced its result: the last one.
  const deciding =
    actsOn(attempt).at(-1) ??
    ofTrace
      .flatMap(actsOn)
      .toSorted((a, b) => a.timeMs - b.timeMs)
      .at(-1);
  return {
    // The name of a dependency is that of its service.
    service: endpoint === undefined ? attempt.service : String(attempt.attributes['breakwater.name']),
    policy: refusals[error ?? ''] ?? text(deciding?.attributes['breakwater.policy']),
    endpoint,
    attempt: Number(attempt.attributes['breakwater.attempt']),
    error,
  };
}

/** A circuit breaker that was opened by hand emits no events, as in Resilience4j; its error names it. */
const refusals: Readonly<Record<string, string>> = { CALL_NOT_PERMITTED: 'circuitbreaker' };
