import { outcomeOf } from '@breakwater/system-runner/ledger';
import { latenciesOf } from '@breakwater/system-runner/percentiles';
import type { ProcessorUse } from './processor-use.ts';
import {
  countOutcomes,
  isServerError,
  isSettled,
  isVerifiedNow,
  type Span,
  timeToProtect,
  timeToRecover,
  timeToVerify,
} from './responses.ts';
import type { BreakerSample, ClientRequest, PhaseName, RunRecord, ServiceSample } from './run-record.ts';

/** The measures of a run. Values that were not measured are undefined. */
export type Measures = ReturnType<typeof measure>;

/** A phase of a run; undefined when the run had none of this name. */
export const phaseOf = ({ phases }: Measures, wanted: PhaseName): Measures['phases'][number] | undefined =>
  phases.find(({ name }) => name === wanted);

const none: Span = { fromMs: 0, toMs: 0 };

/** The time within which a bad replica has to be noticed. */
const noticeMs = 2_000;
/** The calls of so many milliseconds decide whether a replica has its share. */
const shareWindowMs = 5_000;
/** Of an equal share: two replicas of equal speed do not receive the same number of calls in every window. */
const shareNeeded = 0.7;
/** The first calls of a replica that returns are those of so many milliseconds. */
const returnMs = 3_000;
/** A system that is down this long after the fault has ended stays down. */
const lastingMs = 60_000;
/**
 * When the circuit breakers open, all requests that waited for customer go on at once. Those that arrive while these are stored wait
 * for them.
 */
const releaseMs = 1_000;
/** How many slow requests are shown. */
const slowestShown = 10;
/** More calls in a second than this are no health probes: each replica of account makes one in five seconds. */
const probesPerSecond = 2;

/** Computes the measures of a run. */
export function measure(record: RunRecord) {
  const { requests, services } = record;
  const judged = record.phases.filter(({ name }) => name !== 'warm-up');
  const span = (name: PhaseName): Span => record.phases.find((phase) => phase.name === name) ?? none;
  const [before, during, after] = [span('before'), span('during'), span('after')];
  const beganIn = ({ fromMs, toMs }: Span) => requests.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const lasting = beganIn({ fromMs: after.fromMs, toMs: Math.min(after.toMs, after.fromMs + lastingMs) });
  const openedAt = allOpenedAt(record.breakers, during);
  const protectedSpan = openedAt === undefined ? undefined : { fromMs: openedAt, toMs: during.toMs };
  const latenciesIn = (each: Span) => latenciesOf(beganIn(each).map(({ durationMs }) => durationMs));
  const noticed = beganIn({ fromMs: Math.min(during.fromMs + noticeMs, during.toMs), toMs: during.toMs });
  const thirds = lastThirds(services, during);
  return {
    /** From the view of the clients. */
    phases: judged.map((phase) => {
      const arrivals = beganIn(phase);
      return {
        name: phase.name,
        seconds: (phase.toMs - phase.fromMs) / 1_000,
        arrivals: arrivals.length,
        outcomes: countOutcomes(arrivals),
        /** Share of requests that customer verified, that a stale value verified, or that were accepted for later. */
        settled: arrivals.filter(isSettled).length / arrivals.length,
        latenciesMs: latenciesOf(arrivals.map(({ durationMs }) => durationMs)),
        customerCallsPerSecond: customerCallRate(services, phase),
      };
    }),
    /** 5xx responses from the start of phase `during`. */
    serverErrors: judged.flatMap(beganIn).filter((request) => request.atMs >= during.fromMs && isServerError(request))
      .length,
    /** Milliseconds from the start of the fault until every circuit breaker had opened. */
    openedAfterMs: openedAt === undefined ? undefined : openedAt - during.fromMs,
    /** From 2 s after the start of the fault until its end. */
    noticed: {
      /** Share of requests that customer itself verified: neither by a stale value nor later. */
      verifiedNow: noticed.filter(isVerifiedNow).length / noticed.length,
      latenciesMs: latenciesOf(noticed.map(({ durationMs }) => durationMs)),
    },
    /** Accounts whose circuit breaker was seen in another state than CLOSED during the fault. */
    breakersLeftClosed: leftClosed(record.breakers, during),
    /** Share of the requests of the 60 s after the fault that customer verified. Undefined for a shorter run. */
    verifiedAfterwards:
      after.toMs - after.fromMs < lastingMs ? undefined : lasting.filter(isVerifiedNow).length / lasting.length,
    /** Ejections from the start of the fault on, of the replicas that the fault hit and of the others. */
    ejections: ejectionsOf(record, during),
    timeToShareMs: timeToShare(services, during, after),
    loadOnReturn: loadOnReturn(services, before, during, after),
    timeToProtectMs: timeToProtect(requests, during),
    timeToRecoverMs: timeToRecover(requests, after),
    timeToVerifyMs: timeToVerify(requests, after),
    /** The second after the opening of the last circuit breaker. */
    released: protectedSpan && {
      latenciesMs: latenciesIn({ ...protectedSpan, toMs: protectedSpan.fromMs + releaseMs }),
    },
    /** From the opening of the last circuit breaker until the end of the fault; latencies from a second later on. */
    protected: protectedSpan && {
      latenciesMs: latenciesIn({ ...protectedSpan, fromMs: protectedSpan.fromMs + releaseMs }),
      slowest: slowestOf(beganIn(protectedSpan), record.breakers),
      shareOfCustomerCalls:
        customerCallRate(samplesFrom(services, protectedSpan), protectedSpan) / customerCallRate(services, before),
    },
    customerCallsPerArrival:
      (customerCallRate(services, during) * (during.toMs - during.fromMs)) / 1_000 / beganIn(during).length,
    upstreamRequestsPerArrival: mean(forwardedIn(record, during).map(({ attempts }) => attempts)),
    /** Memory of the services in the last third, divided by that in the second. */
    memoryGrowth: thirds && thirds.last.memory / thirds.second.memory,
    eventLoopLagGrowthMs: thirds && thirds.last.lag - thirds.second.lag,
    ...processorShares(services, record.machine.processors),
  };
}

/** Shares of all processors, on average; undefined when the platform does not report them. */
export function processorShares(services: readonly ServiceSample[], processors: number) {
  const samples = services.flatMap((sample) => sample.processors ?? []);
  const shareOf = (use: (each: ProcessorUse) => number) =>
    samples.length === 0 ? undefined : mean(samples.map(use)) / processors;
  return {
    generatorShare: shareOf(({ generator }) => generator),
    machineShare: shareOf(({ machine }) => machine),
    /** Of the system and k6. */
    ownShare: shareOf(({ own }) => own),
    /** Of programs that have nothing to do with the run. */
    othersShare: shareOf(({ own, machine }) => Math.max(0, machine - own)),
  };
}

/** The slowest requests with the states of the circuit breakers when they began. */
function slowestOf(requests: readonly ClientRequest[], samples: readonly BreakerSample[]) {
  return requests
    .toSorted((one, other) => other.durationMs - one.durationMs)
    .slice(0, slowestShown)
    .map((request) => ({
      atMs: request.atMs,
      durationMs: request.durationMs,
      outcome: outcomeOf(request),
      states: samples.findLast(({ atMs }) => atMs <= request.atMs)?.states ?? {},
    }));
}

/** Undefined when no pool reported its ejections. */
function ejectionsOf({ services, faultyReplicas }: RunRecord, { fromMs }: Span) {
  const [first, last] = [nearest(services, fromMs)?.ejections, services.at(-1)?.ejections];
  if (first === undefined || last === undefined) return undefined;
  const counts = Object.entries(last).map(([replica, total]) => ({
    isFaulty: faultyReplicas.includes(replica),
    count: total - (first[replica] ?? 0),
  }));
  const total = (isFaulty: boolean): number =>
    sum(counts.filter((each) => each.isFaulty === isFaulty).map(({ count }) => count));
  return { faulty: total(true), healthy: total(false) };
}

const forwardedIn = ({ forwarded }: RunRecord, { fromMs, toMs }: Span) =>
  forwarded.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);

/** Calls per second to customer in a span, between the samples nearest to its ends. NaN without samples. */
function customerCallRate(samples: readonly ServiceSample[], { fromMs, toMs }: Span): number {
  const first = nearest(samples, fromMs);
  const last = nearest(samples, toMs);
  if (first === undefined || last === undefined) return Number.NaN;
  return (callsBetween(first, last) / (last.atMs - first.atMs)) * 1_000;
}

/** Calls to one replica of customer, or to all, between two samples. */
export function callsBetween(first: ServiceSample, last: ServiceSample, replica?: string): number {
  const callsIn = ({ customerCalls }: ServiceSample): number =>
    replica === undefined ? sum(Object.values(customerCalls)) : (customerCalls[replica] ?? 0);
  return callsIn(last) - callsIn(first);
}

/** The replica of customer that received the fewest calls in a span; undefined without samples. */
function leastCalled(samples: readonly ServiceSample[], { fromMs, toMs }: Span): string | undefined {
  const [first, last] = [nearest(samples, fromMs), nearest(samples, toMs)];
  if (first === undefined || last === undefined) return undefined;
  const replicas = Object.keys(last.customerCalls);
  const calls = (replica: string): number => callsBetween(first, last, replica);
  return replicas.toSorted((one, other) => calls(one) - calls(other))[0];
}

/**
 * Milliseconds from the end of the fault until the replica that received the fewest calls during it has its share of the
 * calls of five seconds again. Undefined when it never has.
 */
function timeToShare(samples: readonly ServiceSample[], during: Span, after: Span): number | undefined {
  const replica = leastCalled(samples, during);
  if (replica === undefined) return undefined;
  const returned = samplesFrom(samples, after);
  for (const last of returned) {
    const first = returned.findLast(({ atMs }) => atMs <= last.atMs - shareWindowMs);
    if (first === undefined) continue;
    const share = callsBetween(first, last, replica) / callsBetween(first, last);
    if (share * Object.keys(last.customerCalls).length >= shareNeeded) return last.atMs - after.fromMs;
  }
  return undefined;
}

/**
 * The calls of the first seconds in which the replica that received the fewest calls during the fault receives calls again,
 * other than health probes, as a share of an equal part of the calls before the fault. Undefined when it never receives any.
 */
function loadOnReturn(samples: readonly ServiceSample[], before: Span, during: Span, after: Span): number | undefined {
  const replica = leastCalled(samples, during);
  const returned = samplesFrom(samples, after);
  const start = returned.findIndex((sample, index) => {
    const previous = returned[index - 1];
    return previous !== undefined && callsBetween(previous, sample, replica) > probesPerSecond;
  });
  const first = returned[start - 1];
  const last = first && returned.findLast(({ atMs }) => atMs <= first.atMs + returnMs);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
  const perSecond = (callsBetween(first, last, replica) / (last.atMs - first.atMs)) * 1_000;
  return perSecond / (customerCallRate(samples, before) / Object.keys(last.customerCalls).length);
}

function leftClosed(samples: readonly BreakerSample[], { fromMs, toMs }: Span): number {
  const during = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const left = during.flatMap(({ states }) =>
    Object.keys(states).filter((replica) => states[replica] !== 'CLOSED' && states[replica] !== 'GONE'),
  );
  return new Set(left).size;
}

/**
 * Omits samples before a span: calls before the opening of a breaker, which happens between two samples, do not
 * count.
 */
function samplesFrom(samples: readonly ServiceSample[], { fromMs }: Span): ServiceSample[] {
  return samples.filter(({ atMs }) => atMs >= fromMs);
}

function nearest(samples: readonly ServiceSample[], atMs: number): ServiceSample | undefined {
  return samples.reduce<ServiceSample | undefined>(
    (best, each) => (best === undefined || Math.abs(each.atMs - atMs) < Math.abs(best.atMs - atMs) ? each : best),
    undefined,
  );
}

/** The second and the last third of a span; in the first a process is still warming up. */
function lastThirds(samples: readonly ServiceSample[], { fromMs, toMs }: Span) {
  const third = (toMs - fromMs) / 3;
  const averages = (from: number) => {
    const within = samples.filter(({ atMs }) => atMs >= from && atMs < from + third);
    return {
      memory: mean(within.map(({ memoryBytes }) => sum(Object.values(memoryBytes)))),
      lag: mean(within.flatMap(({ eventLoopLagMs }) => Object.values(eventLoopLagMs))),
    };
  };
  const [second, last] = [averages(fromMs + third), averages(fromMs + 2 * third)];
  return Number.isNaN(second.memory) || Number.isNaN(last.memory) ? undefined : { second, last };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

/**
 * When the last of the circuit breakers was first observed OPEN; undefined when one of them never was. Replicas
 * that were never running do not count.
 */
export function allOpenedAt(samples: readonly BreakerSample[], { fromMs, toMs }: Span): number | undefined {
  const during = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const replicas = new Set(
    during.flatMap(({ states }) => Object.keys(states).filter((replica) => states[replica] !== 'GONE')),
  );
  const openings = [...replicas].map((replica) => during.find(({ states }) => states[replica] === 'OPEN')?.atMs);
  return openings.length === 0 || openings.includes(undefined)
    ? undefined
    : Math.max(...openings.filter((at) => at !== undefined));
}
