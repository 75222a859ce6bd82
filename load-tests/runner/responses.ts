import { type Outcome, outcomeOf, outcomes } from '@breakwater/system-runner/ledger';
import type { ClientRequest } from './run-record.ts';

/** Whether the client need not send the request again: it was verified, also by a stale value, or accepted for later. */
export function isSettled(request: ClientRequest): boolean {
  return !['refused', 'failed'].includes(outcomeOf(request));
}

export const isVerifiedNow = (request: ClientRequest): boolean => outcomeOf(request) === 'verified now';

/** A 5xx response; a missing response is not one. */
export const isServerError = ({ status }: ClientRequest): boolean => status >= 500;

export function countOutcomes(requests: readonly ClientRequest[]): Record<Outcome, number> {
  const counts = Object.fromEntries(outcomes.map((each) => [each, 0])) as Record<Outcome, number>;
  for (const request of requests) counts[outcomeOf(request)] += 1;
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

/** Time from the start of a fault until clients get fast responses and settled requests. Undefined when they never do. */
export function timeToProtect(requests: readonly ClientRequest[], span: Span): ReactionTime {
  return firstSustained(requests, span, (request) => request.durationMs <= fastMs && isSettled(request));
}

/** Time from the end of a fault until clients get fast responses verified by customer. Undefined when they never do. */
export function timeToRecover(requests: readonly ClientRequest[], span: Span): ReactionTime {
  return firstSustained(requests, span, (request) => request.durationMs <= fastMs && isVerifiedNow(request));
}

/** Time from the end of a fault until customer verifies requests again, however fast. Undefined when it never does. */
export function timeToVerify(requests: readonly ClientRequest[], span: Span): ReactionTime {
  return firstSustained(requests, span, isVerifiedNow);
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
