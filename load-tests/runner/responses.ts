import type { ClientRequest } from './run-record.ts';

/** Responses from best to worst; `201 last good` is an account that was opened with a stale value. */
export const responseKinds = ['201', '201 last good', '202', '422', '503', 'error'] as const;

export type ResponseKind = (typeof responseKinds)[number];

export function responseKindOf({ status, verifiedBy }: ClientRequest): ResponseKind {
  if (status === 201) return verifiedBy === 'LAST_GOOD' ? '201 last good' : '201';
  if (status === 202) return '202';
  if (status === 422) return '422';
  return status === 503 ? '503' : 'error';
}

/** Whether the client received a correct final response: an account, or 422 for a customer that does not exist. */
export function isGood(request: ClientRequest): boolean {
  const kind = responseKindOf(request);
  return kind === '422' ? request.customerId.startsWith('x-') : kind !== '503' && kind !== 'error';
}

/** Whether customer verified the request. */
export function isFresh(request: ClientRequest): boolean {
  const kind = responseKindOf(request);
  return kind === '201' || kind === '422';
}

/** A 5xx response; a missing response is not one. */
export const isServerError = ({ status }: ClientRequest): boolean => status >= 500;

export function countResponses(requests: readonly ClientRequest[]): Record<ResponseKind, number> {
  const counts: Record<ResponseKind, number> = { '201': 0, '201 last good': 0, '202': 0, '422': 0, '503': 0, error: 0 };
  for (const request of requests) counts[responseKindOf(request)] += 1;
  return counts;
}

/** A response within this time is fast, in milliseconds. */
const fastMs = 100;

/** The sliding window and its step, in milliseconds. */
const windowMs = 1_000;
const stepMs = 250;
/** How long the condition must hold: a single good second is no recovery. */
const sustainedMs = 3_000;
/** Required share of requests in a window: trial calls of a HALF_OPEN breaker may be slow. */
const shareNeeded = 0.9;

/** Milliseconds from the start of the span until the condition holds. */
type ReactionTime = number | undefined;

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Time from the start of a fault until clients get fast successful responses. Undefined when they never do. */
export function timeToProtect(requests: readonly ClientRequest[], span: Span): ReactionTime {
  return firstSustained(requests, span, (request) => request.durationMs <= fastMs && isGood(request));
}

/** Time from the end of a fault until clients get fast responses verified by customer. Undefined when they never do. */
export function timeToRecover(requests: readonly ClientRequest[], span: Span): ReactionTime {
  return firstSustained(requests, span, (request) => request.durationMs <= fastMs && isFresh(request));
}

function firstSustained(
  requests: readonly ClientRequest[],
  { fromMs, toMs }: Span,
  holds: (request: ClientRequest) => boolean,
): ReactionTime {
  let since: number | undefined;
  for (let at = fromMs; at + windowMs <= toMs; at += stepMs) {
    const inWindow = requests.filter(({ atMs }) => atMs >= at && atMs < at + windowMs);
    const share = inWindow.filter(holds).length / inWindow.length;
    // Without requests the share is NaN and the condition does not hold.
    if (share >= shareNeeded) since ??= at;
    else since = undefined;
    if (since !== undefined && at + windowMs - since >= sustainedMs) return since - fromMs;
  }
  return undefined;
}
