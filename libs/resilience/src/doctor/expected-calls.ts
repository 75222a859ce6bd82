import { ceiling, count, figure, floor, perSecond, span } from './figures.ts';
import { type Instance, isAround } from './instance.ts';
import type { Traffic } from './traffic.ts';

/** How many calls to expect, and why. */
export interface ExpectedCalls {
  /** At every moment. */
  readonly least: number;
  /** At the most favourable moment. */
  readonly most: number;
  /** The arithmetic of `most`, as a sentence without its full stop. */
  readonly reason: string;
}

/** How long a call lasts for the circuit breaker; `undefined` if the latency is unknown. */
export function callDurationMs(instance: Instance, { latencyMs }: Traffic): number | undefined {
  if (latencyMs === undefined) return undefined;
  return Math.min(latencyMs, instance.timeLimiter?.timeoutDuration ?? latencyMs);
}

/** The most calls in flight; `undefined` if nothing limits them. */
function concurrentCalls({ bulkhead }: Instance, { concurrency }: Traffic): number | undefined {
  const limits = [concurrency, bulkhead?.maxConcurrentCalls].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** What limits the calls in flight, e.g. `2 callers`. */
function limitOf(calls: number, { concurrency }: Traffic): string {
  return calls === concurrency ? count(calls, 'caller') : `${count(calls, 'permit')} of the bulkhead`;
}

/** How many calls end in a second; `undefined` if unknown. */
export function callsPerSecond(instance: Instance, traffic: Traffic): number | undefined {
  // A bulkhead limits calls, but does not make any.
  if (traffic.ratePerSecond === undefined && traffic.concurrency === undefined) return undefined;
  const concurrent = concurrentCalls(instance, traffic);
  const durationMs = callDurationMs(instance, traffic);
  const limits: number[] = [];
  if (traffic.ratePerSecond !== undefined) limits.push(traffic.ratePerSecond);
  if (concurrent !== undefined && durationMs !== undefined && durationMs > 0)
    limits.push((concurrent * 1_000) / durationMs);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/**
 * How many calls a time window of whole seconds holds when a call is recorded; `undefined` if nothing limits them.
 *
 * At time t it holds the epoch seconds floor(t) - N + 1 to floor(t): more than N - 1 seconds, and less than N. Of calls
 * that end every p seconds these are at least floor((N - 1) / p) + 1, including the recorded one, and at most
 * ceil(N / p). The maximum occurs at every phase, since the phase changes until it fits, or fits from the start.
 */
export function callsInTimeWindow(
  windowSeconds: number,
  instance: Instance,
  traffic: Traffic,
): ExpectedCalls | undefined {
  const candidates = [byConcurrency(windowSeconds, instance, traffic), byRate(windowSeconds, instance, traffic)];
  const [first, second] = candidates.filter((expected) => expected !== undefined);
  if (first === undefined || second === undefined) return first;
  const stricter = second.most < first.most ? second : first;
  return { ...stricter, least: Math.min(first.least, second.least) };
}

function byConcurrency(seconds: number, instance: Instance, traffic: Traffic): ExpectedCalls | undefined {
  const calls = concurrentCalls(instance, traffic);
  const durationMs = callDurationMs(instance, traffic);
  if (calls === undefined || durationMs === undefined || durationMs === 0) return undefined;
  const each = ceiling((seconds * 1_000) / durationMs);
  const sum = `ceil(${span(seconds * 1_000)} / ${span(durationMs)}) = ${each}`;
  const total = calls === 1 ? '' : ` each, ${calls} × ${each} = ${calls * each} in total`;
  return {
    // The permits of a bulkhead need not be in use, so they guarantee no calls.
    least: traffic.concurrency === undefined ? 0 : calls * floor(((seconds - 1) * 1_000) / durationMs) + 1,
    most: calls * each,
    reason: `${limitOf(calls, traffic)}, with calls that take ${span(durationMs)}, can end at most ${sum} in it${total}`,
  };
}

function byRate(seconds: number, instance: Instance, { ratePerSecond: rate }: Traffic): ExpectedCalls | undefined {
  if (rate === undefined) return undefined;
  const calls = ceiling(seconds * rate);
  const sum = `ceil(${span(seconds * 1_000)} × ${figure(rate)}/s) = ${calls}`;
  const attempts = isAround(instance, 'retry', 'circuitBreaker') ? (instance.retry?.maxAttempts ?? 1) : 1;
  const total =
    attempts === 1 ? '' : `, and with ${attempts} attempts each ${calls} × ${attempts} = ${calls * attempts}`;
  return {
    least: rate === 0 ? 0 : floor((seconds - 1) * rate) + 1,
    most: calls * attempts,
    reason: `${perSecond(rate)}, evenly spread, are at most ${sum} in it${total}`,
  };
}

/**
 * How many calls can be recorded in HALF_OPEN before its maximum duration is over; `undefined` if unknown. The first
 * call arrives when HALF_OPEN begins; a call that ends together with the maximum duration is too late.
 */
export function callsInHalfOpen(
  maxWaitMs: number,
  instance: Instance,
  traffic: Traffic,
): Pick<ExpectedCalls, 'most' | 'reason'> | undefined {
  const durationMs = callDurationMs(instance, traffic);
  const calls = concurrentCalls(instance, traffic);
  const rate = traffic.ratePerSecond;
  const limits: Pick<ExpectedCalls, 'most' | 'reason'>[] = [];
  if (rate !== undefined) {
    const remainingMs = maxWaitMs - (durationMs ?? 0);
    const most = Math.max(0, ceiling((remainingMs / 1_000) * rate));
    const time = durationMs === undefined ? span(maxWaitMs) : `(${span(maxWaitMs)} - ${span(durationMs)})`;
    const sum = `ceil(${time} × ${figure(rate)}/s) = ${most}`;
    limits.push({ most, reason: `at ${perSecond(rate)} at most ${sum} end in time` });
  }
  if (calls !== undefined && durationMs !== undefined && durationMs > 0) {
    const each = Math.max(0, ceiling(maxWaitMs / durationMs) - 1);
    const sum = `${calls === 1 ? '' : `${calls} × `}(ceil(${span(maxWaitMs)} / ${span(durationMs)}) - 1)`;
    const reason = `with ${limitOf(calls, traffic)} at most ${sum} = ${calls * each} calls end in time`;
    limits.push({ most: calls * each, reason });
  }
  return limits.toSorted((a, b) => a.most - b.most)[0];
}
