import { ceiling, count, figure, perSecond, span } from '../figures.ts';
import { type Instance, isAround } from '../instance.ts';
import type { Traffic } from '../traffic.ts';
import type { Check } from './check.ts';

/** More calls a second than a single process can make. */
const unreachablePerSecond = 1_000_000;

/** The limits of bulkheads and rate limiters, compared with the calls that are made. */
export const limitChecks = [
  {
    code: 'bulkhead-below-demand',
    title: 'The bulkhead has fewer permits than there are concurrent calls',
    severity: 'error',
    doc:
      "By Little's law, rate × latency calls are in flight on average. With fewer permits the bulkhead refuses " +
      'calls all the time, and a longer wait for a permit does not help, since the queue only grows. A fixed number ' +
      'of sequential callers has at most that many calls in flight; there a long enough wait does help. Needs ' +
      '`--rate` with `--latency`, or `--concurrency`.',
    run(instance, traffic) {
      const { bulkhead } = instance;
      if (bulkhead === undefined) return undefined;
      const { maxConcurrentCalls: permits } = bulkhead;
      if (permits === 0) return 'maxConcurrentCalls is 0: every call is refused. Set it to at least 1.';
      const demand = demandOf(instance, traffic);
      if (demand === undefined || demand.calls <= permits) return undefined;
      const refused = figure(((demand.calls - permits) / demand.calls) * 100);
      return (
        `${demand.reason}, but maxConcurrentCalls is ${permits}: (${figure(demand.calls)} - ${permits}) / ` +
        `${figure(demand.calls)} = ${refused} % of them get no permit. Set maxConcurrentCalls to at least ` +
        `${ceiling(demand.calls)}.`
      );
    },
  },
  {
    code: 'bulkhead-wait-above-timeout',
    title: 'The timeout ends every long wait for a permit of the bulkhead',
    severity: 'warning',
    doc:
      'Inside the time limiter, waiting for a permit counts against the time limit. A call that the bulkhead should ' +
      'refuse times out instead. A timeout counts as a failure of the dependency, a refusal does not: our own queue ' +
      'opens the circuit breaker.',
    run(instance) {
      const { bulkhead, timeLimiter } = instance;
      if (bulkhead === undefined || timeLimiter === undefined) return undefined;
      const { maxWaitDuration } = bulkhead;
      const { timeoutDuration } = timeLimiter;
      if (!isAround(instance, 'timeLimiter', 'bulkhead') || maxWaitDuration < timeoutDuration) return undefined;
      return (
        `A call may wait ${span(maxWaitDuration)} for a permit, but has ${span(timeoutDuration)} in total: ` +
        `${span(maxWaitDuration)} ≥ ${span(timeoutDuration)}, so it times out while it waits, which counts as a failure of ` +
        'the dependency. Set maxWaitDuration well below timeoutDuration.'
      );
    },
  },
  {
    code: 'rate-limit-below-rate',
    title: 'The rate limit is below the rate of the calls',
    severity: 'error',
    doc:
      'More calls are made than permitted. Waiting for a permit only delays the refusals: the queue grows until the ' +
      'wait exceeds `timeoutDuration`, then calls are refused all the time. Needs `--rate`.',
    run({ rateLimiter }, { ratePerSecond: rate }) {
      if (rateLimiter === undefined || rate === undefined) return undefined;
      const { limitForPeriod, limitRefreshPeriod } = rateLimiter;
      const allowed = (limitForPeriod / limitRefreshPeriod) * 1_000;
      if (rate <= allowed * (1 + 1e-9)) return undefined;
      return (
        `The rate is ${perSecond(rate)}, but ${count(limitForPeriod, 'call')} / ${span(limitRefreshPeriod)} = ` +
        `${perSecond(allowed)} are permitted: (${figure(rate)} - ${figure(allowed)}) / ${figure(rate)} = ` +
        `${figure(((rate - allowed) / rate) * 100)} % are refused. Raise limitForPeriod.`
      );
    },
  },
  {
    code: 'rate-limit-without-effect',
    title: 'No traffic reaches the rate limit',
    severity: 'warning',
    doc:
      'A period lasts 500 ns by default, as in Resilience4j: `limitForPeriod` without `limitRefreshPeriod` limits ' +
      'nothing. Reported for limits of a million calls a second or more.',
    run({ rateLimiter }) {
      if (rateLimiter === undefined) return undefined;
      const { limitForPeriod, limitRefreshPeriod } = rateLimiter;
      const allowed = (limitForPeriod / limitRefreshPeriod) * 1_000;
      if (allowed < unreachablePerSecond) return undefined;
      return (
        `${count(limitForPeriod, 'call')} / ${span(limitRefreshPeriod)} = ${perSecond(allowed)}, which limits nothing. ` +
        'Set limitRefreshPeriod, e.g. to 1s.'
      );
    },
  },
] as const satisfies readonly Check[];

function demandOf(
  instance: Instance,
  traffic: Traffic,
): { readonly calls: number; readonly reason: string } | undefined {
  const { ratePerSecond: rate, concurrency } = traffic;
  const heldMs = permitHeldMs(instance, traffic);
  if (rate !== undefined && heldMs !== undefined) {
    const calls = (rate * heldMs) / 1_000;
    if (concurrency === undefined || concurrency > calls) {
      return { calls, reason: `${perSecond(rate)} × ${span(heldMs)} = ${count(calls, 'call')} are in flight` };
    }
  }
  if (concurrency === undefined || isWaitEnough(instance, concurrency, heldMs)) return undefined;
  return { calls: concurrency, reason: `${count(concurrency, 'caller')} make calls at the same time` };
}

/** Work that the timeout does not abort keeps its permit until it has ended. */
function permitHeldMs({ timeLimiter }: Instance, { latencyMs }: Traffic): number | undefined {
  if (latencyMs === undefined || timeLimiter?.cancelRunningFuture !== true) return latencyMs;
  return Math.min(latencyMs, timeLimiter.timeoutDuration);
}

/** With several callers for each permit, the last one in the queue waits for those before it. */
function isWaitEnough({ bulkhead }: Instance, callers: number, heldMs: number | undefined): boolean {
  const { maxConcurrentCalls: permits, maxWaitDuration } = bulkhead ?? { maxConcurrentCalls: 0, maxWaitDuration: 0 };
  if (maxWaitDuration === 0) return false;
  return heldMs === undefined || Math.ceil((callers - permits) / permits) * heldMs <= maxWaitDuration;
}
