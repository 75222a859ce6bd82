import { ceiling, count, figure, perSecond, span } from '../figures.ts';
import type { Check } from '../finding.ts';
import type { Instance } from '../instance.ts';
import type { Traffic } from '../traffic.ts';

export const bulkheadBelowDemand = {
  code: 'bulkhead-below-demand',
  title: 'A bulkhead with fewer places than calls are under way at once',
  severity: 'error',
  doc: "By Little's law rate × latency calls are under way at once, on average. With fewer places the bulkhead refuses calls all the time, and waiting for a place does not help, since the line only grows. Callers who call one after the other are at most as many as they are; there a wait that is long enough does help. Needs `--rate` with `--latency`, or `--concurrency`.",
  run(instance, traffic) {
    const { bulkhead } = instance;
    if (bulkhead === undefined) return undefined;
    const { maxConcurrentCalls: places } = bulkhead;
    if (places === 0) return { message: 'maxConcurrentCalls is 0: every call is refused. Set it to at least 1.' };
    const demand = demandOf(instance, traffic);
    if (demand === undefined || demand.calls <= places) return undefined;
    const refused = figure(((demand.calls - places) / demand.calls) * 100);
    return {
      message:
        `${demand.reason}, but maxConcurrentCalls is ${places}: (${figure(demand.calls)} - ${places}) / ` +
        `${figure(demand.calls)} = ${refused} % of them find no place. Set maxConcurrentCalls to at least ` +
        `${ceiling(demand.calls)}.`,
    };
  },
} as const satisfies Check;

function demandOf(
  instance: Instance,
  traffic: Traffic,
): { readonly calls: number; readonly reason: string } | undefined {
  const { ratePerSecond: rate, concurrency } = traffic;
  const heldMs = placeHeldMs(instance, traffic);
  if (rate !== undefined && heldMs !== undefined) {
    const calls = (rate * heldMs) / 1_000;
    if (concurrency === undefined || concurrency > calls) {
      const reason = `${perSecond(rate)} × ${span(heldMs)} = ${count(calls, 'call')} are under way at once`;
      return { calls, reason };
    }
  }
  if (concurrency === undefined || isWaitEnough(instance, concurrency, heldMs)) return undefined;
  return { calls: concurrency, reason: `${count(concurrency, 'caller')} call at once` };
}

/** Work that is not aborted by the timeout keeps its place until it has really ended. */
function placeHeldMs({ timeLimiter }: Instance, { latencyMs }: Traffic): number | undefined {
  if (latencyMs === undefined || timeLimiter?.cancelRunningFuture !== true) return latencyMs;
  return Math.min(latencyMs, timeLimiter.timeoutDuration);
}

/** With so many callers for each place, the last in line waits for those before it. */
function isWaitEnough({ bulkhead }: Instance, callers: number, heldMs: number | undefined): boolean {
  const { maxConcurrentCalls: places, maxWaitDuration } = bulkhead ?? { maxConcurrentCalls: 0, maxWaitDuration: 0 };
  if (maxWaitDuration === 0) return false;
  return heldMs === undefined || Math.ceil((callers - places) / places) * heldMs <= maxWaitDuration;
}
