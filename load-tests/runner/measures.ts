import { allOpenedAt } from './breaker-history.ts';
import { countOutcomes, isGood, isServerError, type Outcome } from './outcomes.ts';
import { latenciesOf, type Latencies } from './percentiles.ts';
import { type Span, timeToProtect, timeToRecover } from './reaction.ts';
import type { PhaseName, RunRecord, ServiceSample } from './run-record.ts';

/** One phase from the client's side. */
export interface PhaseMeasures {
  readonly name: PhaseName;
  readonly seconds: number;
  readonly arrivals: number;
  /** Share of arrivals that were told in time what became of them. */
  readonly goodput: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly latenciesMs: Latencies;
  /** What customer was asked, each second. */
  readonly questionsPerSecond: number;
}

/** A run in numbers. What there was none of is undefined. */
export interface Measures {
  readonly phases: readonly PhaseMeasures[];
  readonly overallGoodput: number;
  /** Answers 5xx from the begin of phase `during` on. */
  readonly serverErrors: number;
  /** From the begin of the fault until every circuit breaker had opened, in milliseconds. */
  readonly openedAfterMs: number | undefined;
  readonly timeToProtectMs: number | undefined;
  readonly timeToRecoverMs: number | undefined;
  /** From the opening of the last circuit breaker until the end of the fault. */
  readonly protected: { readonly latenciesMs: Latencies; readonly shareOfQuestions: number } | undefined;
  readonly questionsPerArrival: number;
  /** Memory of the services in the last third over that in the second. */
  readonly memoryGrowth: number | undefined;
  readonly eventLoopLagGrowthMs: number | undefined;
  /** Share of all processors, on average. */
  readonly generatorShare: number | undefined;
  readonly machineShare: number | undefined;
}

const none: Span = { fromMs: 0, toMs: 0 };

/** Computes everything a run is judged by. */
export function measure(record: RunRecord): Measures {
  const { requests, services } = record;
  const judged = record.phases.filter(({ name }) => name !== 'warm-up');
  const span = (name: PhaseName): Span => record.phases.find((phase) => phase.name === name) ?? none;
  const [before, during, after] = [span('before'), span('during'), span('after')];
  const beganIn = ({ fromMs, toMs }: Span) => requests.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const all = judged.flatMap(beganIn);
  const openedAt = allOpenedAt(record.breakers, during);
  const protectedSpan = openedAt === undefined ? undefined : { fromMs: openedAt, toMs: during.toMs };
  const thirds = lastThirds(services, during);
  const processors = services.flatMap((sample) => sample.processors ?? []);
  const shareOf = (which: 'generator' | 'machine') =>
    processors.length === 0 ? undefined : mean(processors.map((each) => each[which])) / record.machine.processors;
  return {
    phases: judged.map((phase) => {
      const arrivals = beganIn(phase);
      return {
        name: phase.name,
        seconds: (phase.toMs - phase.fromMs) / 1_000,
        arrivals: arrivals.length,
        goodput: arrivals.filter(isGood).length / arrivals.length,
        outcomes: countOutcomes(arrivals),
        latenciesMs: latenciesOf(arrivals.map(({ durationMs }) => durationMs)),
        questionsPerSecond: questionRate(services, phase),
      };
    }),
    overallGoodput: all.filter(isGood).length / all.length,
    serverErrors: all.filter((request) => request.atMs >= during.fromMs && isServerError(request)).length,
    openedAfterMs: openedAt === undefined ? undefined : openedAt - during.fromMs,
    timeToProtectMs: timeToProtect(requests, during),
    timeToRecoverMs: timeToRecover(requests, after),
    protected: protectedSpan && {
      latenciesMs: latenciesOf(beganIn(protectedSpan).map(({ durationMs }) => durationMs)),
      shareOfQuestions:
        questionRate(samplesFrom(services, protectedSpan), protectedSpan) / questionRate(services, before),
    },
    questionsPerArrival:
      (questionRate(services, during) * (during.toMs - during.fromMs)) / 1_000 / beganIn(during).length,
    memoryGrowth: thirds && thirds.last.memory / thirds.second.memory,
    eventLoopLagGrowthMs: thirds && thirds.last.lag - thirds.second.lag,
    generatorShare: shareOf('generator'),
    machineShare: shareOf('machine'),
  };
}

/** What customer was asked each second of a span, between the samples that are nearest to its ends. NaN without samples. */
export function questionRate(samples: readonly ServiceSample[], { fromMs, toMs }: Span): number {
  const first = nearest(samples, fromMs);
  const last = nearest(samples, toMs);
  if (first === undefined || last === undefined) return Number.NaN;
  return ((last.questions - first.questions) / (last.atMs - first.atMs)) * 1_000;
}

/** Without those before a span: a breaker opens between two samples, and what was asked until then is not to be counted. */
function samplesFrom(samples: readonly ServiceSample[], { fromMs }: Span): ServiceSample[] {
  return samples.filter(({ atMs }) => atMs >= fromMs);
}

function nearest(samples: readonly ServiceSample[], atMs: number): ServiceSample | undefined {
  return samples.reduce<ServiceSample | undefined>(
    (best, each) => (best === undefined || Math.abs(each.atMs - atMs) < Math.abs(best.atMs - atMs) ? each : best),
    undefined,
  );
}

/** Of a span, the second third and the last: in the first one a process is still warming up. */
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
