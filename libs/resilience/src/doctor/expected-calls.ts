import { ceiling, count, figure, floor, perSecond, span } from './figures.ts';
import { type Instance, isAround } from './instance.ts';
import type { Traffic } from './traffic.ts';

/** How many calls to expect, and why. */
export interface ExpectedCalls {
  /** However the calls fall. */
  readonly least: number;
  /** When they fall as closely as they can. */
  readonly most: number;
  /** The arithmetic of `most`, as a sentence without its end. */
  readonly reason: string;
}

/** How long the circuit breaker sees a call take; `undefined` when the latency is not known. */
export function callDurationMs(instance: Instance, { latencyMs }: Traffic): number | undefined {
  if (latencyMs === undefined) return undefined;
  return Math.min(latencyMs, instance.timeLimiter?.timeoutDuration ?? latencyMs);
}

/** How many calls can be under way at once; `undefined` when nothing limits them. */
export function callersOf({ bulkhead }: Instance, { concurrency }: Traffic): number | undefined {
  const limits = [concurrency, bulkhead?.maxConcurrentCalls].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** How many calls end in a second; `undefined` when it is not known. */
export function callsPerSecond(instance: Instance, traffic: Traffic): number | undefined {
  const callers = callersOf(instance, traffic);
  const durationMs = callDurationMs(instance, traffic);
  const limits: number[] = [];
  if (traffic.ratePerSecond !== undefined) limits.push(traffic.ratePerSecond);
  if (callers !== undefined && durationMs !== undefined && durationMs > 0) limits.push((callers * 1_000) / durationMs);
  // Places in a bulkhead limit the calls, but do not make any.
  if (traffic.ratePerSecond === undefined && traffic.concurrency === undefined) return undefined;
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/**
 * How many calls a time window of whole seconds holds when a call is recorded; `undefined` when nothing bounds it.
 *
 * At time t it holds the epoch seconds floor(t) - N + 1 to floor(t): more than N - 1 seconds, and less than N. Calls that
 * end every p seconds are at least floor((N - 1) / p) + 1 of them, counting the one that is recorded, and at most
 * ceil(N / p). The latter comes about whatever the phase, since it wanders until it fits, or fits from the start.
 */
export function callsInTimeWindow(
  windowSeconds: number,
  instance: Instance,
  traffic: Traffic,
): ExpectedCalls | undefined {
  const candidates = [byConcurrency(windowSeconds, instance, traffic), byRate(windowSeconds, instance, traffic)].filter(
    (expected) => expected !== undefined,
  );
  const [first, second] = candidates;
  if (first === undefined || second === undefined) return first;
  const tighter = second.most < first.most ? second : first;
  return { ...tighter, least: Math.min(first.least, second.least) };
}

function byConcurrency(seconds: number, instance: Instance, traffic: Traffic): ExpectedCalls | undefined {
  const callers = callersOf(instance, traffic);
  const durationMs = callDurationMs(instance, traffic);
  if (callers === undefined || durationMs === undefined || durationMs === 0) return undefined;
  const eachMost = ceiling((seconds * 1_000) / durationMs);
  const share = `ceil(${span(seconds * 1_000)} / ${span(durationMs)}) = ${eachMost}`;
  const places =
    callers === traffic.concurrency ? count(callers, 'caller') : `${count(callers, 'place')} in the bulkhead`;
  const each = callers === 1 ? '' : ` each, ${callers} × ${eachMost} = ${callers * eachMost} together`;
  return {
    // Places of a bulkhead need not be taken, so that they promise nothing.
    least: traffic.concurrency === undefined ? 0 : callers * floor(((seconds - 1) * 1_000) / durationMs) + 1,
    most: callers * eachMost,
    reason: `${places}, with calls that take ${span(durationMs)}, can end at most ${share} in it${each}`,
  };
}

function byRate(seconds: number, instance: Instance, { ratePerSecond: rate }: Traffic): ExpectedCalls | undefined {
  if (rate === undefined) return undefined;
  const arriving = ceiling(seconds * rate);
  const sum = `ceil(${span(seconds * 1_000)} × ${figure(rate)}/s) = ${arriving}`;
  const attempts = isAround(instance, 'retry', 'circuitBreaker') ? (instance.retry?.maxAttempts ?? 1) : 1;
  const repeated =
    attempts === 1 ? '' : `, and with ${attempts} attempts each ${arriving} × ${attempts} = ${arriving * attempts}`;
  return {
    least: rate === 0 ? 0 : floor((seconds - 1) * rate) + 1,
    most: arriving * attempts,
    reason: `${perSecond(rate)}, evenly spread, are at most ${sum} in it${repeated}`,
  };
}

/**
 * How many calls can be recorded in HALF_OPEN before its maximum wait is over; `undefined` when it is not known. The
 * first comes when HALF_OPEN begins; one that ends together with the wait comes too late.
 */
export function callsInHalfOpen(
  maxWaitMs: number,
  instance: Instance,
  traffic: Traffic,
): Pick<ExpectedCalls, 'most' | 'reason'> | undefined {
  const durationMs = callDurationMs(instance, traffic);
  const callers = callersOf(instance, traffic);
  const rate = traffic.ratePerSecond;
  const limits: Pick<ExpectedCalls, 'most' | 'reason'>[] = [];
  if (rate !== undefined) {
    const remainingMs = maxWaitMs - (durationMs ?? 0);
    const most = Math.max(0, ceiling((remainingMs / 1_000) * rate));
    const time = durationMs === undefined ? span(maxWaitMs) : `(${span(maxWaitMs)} - ${span(durationMs)})`;
    limits.push({
      most,
      reason: `at ${perSecond(rate)} at most ceil(${time} × ${figure(rate)}/s) = ${most} end in time`,
    });
  }
  if (callers !== undefined && durationMs !== undefined && durationMs > 0) {
    const each = Math.max(0, ceiling(maxWaitMs / durationMs) - 1);
    const who =
      callers === traffic.concurrency ? count(callers, 'caller') : `${count(callers, 'place')} in the bulkhead`;
    const sum = `${callers === 1 ? '' : `${callers} × `}(ceil(${span(maxWaitMs)} / ${span(durationMs)}) - 1)`;
    limits.push({ most: callers * each, reason: `of ${who} at most ${sum} = ${callers * each} calls end in time` });
  }
  return limits.toSorted((a, b) => a.most - b.most)[0];
}
