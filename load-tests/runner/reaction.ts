import { isFresh, isGood } from './outcomes.ts';
import type { ClientRequest } from './run-record.ts';

/** An answer within this time is a fast one, in milliseconds. */
export const fastMs = 100;

/** What is looked at together, and by how much it moves on, in milliseconds. */
const windowMs = 1_000;
const stepMs = 250;
/** For how long it has to stay as it should be: a single good second is no recovery. */
const sustainedMs = 3_000;
/** This share of requests in a window: the trial calls of a breaker in HALF_OPEN are no relapse. */
const shareNeeded = 0.9;

/** Since when it has been as it should be; counted from the begin of the span, in milliseconds. */
type Reaction = number | undefined;

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the begin of a fault until clients get fast answers, be it that customer was not asked; an error is none. Undefined when that never was. */
export function timeToProtect(requests: readonly ClientRequest[], span: Span): Reaction {
  return firstSustained(requests, span, (request) => request.durationMs <= fastMs && isGood(request));
}

/** From the end of a fault until clients get fast answers that customer was asked for. Undefined when that never was. */
export function timeToRecover(requests: readonly ClientRequest[], span: Span): Reaction {
  return firstSustained(requests, span, (request) => request.durationMs <= fastMs && isFresh(request));
}

function firstSustained(
  requests: readonly ClientRequest[],
  { fromMs, toMs }: Span,
  isAsItShouldBe: (request: ClientRequest) => boolean,
): Reaction {
  let since: number | undefined;
  for (let at = fromMs; at + windowMs <= toMs; at += stepMs) {
    const inWindow = requests.filter(({ atMs }) => atMs >= at && atMs < at + windowMs);
    const share = inWindow.filter(isAsItShouldBe).length / inWindow.length;
    // No request, no word of how it is: NaN is not enough.
    if (share >= shareNeeded) since ??= at;
    else since = undefined;
    if (since !== undefined && at + windowMs - since >= sustainedMs) return since - fromMs;
  }
  return undefined;
}
