import { callsBetween } from '../runner/measures.ts';
import { latenciesOf } from '@breakwater/system-runner/percentiles';
import { outcomeOf } from '@breakwater/system-runner/ledger';
import type { Span } from '../runner/responses.ts';
import type { BreakerSample, RunRecord } from '../runner/run-record.ts';

export const percentiles = ['p50', 'p95', 'p99'] as const;

/** The data of the chart. Times are in seconds since the start of the load. */
export type PlotData = ReturnType<typeof plotDataOf>;

/** Aggregates a run by seconds. */
export function plotDataOf({ requests, phases, marks, breakers, services }: RunRecord) {
  const endMs = phases.at(-1)?.toMs ?? 0;
  const during = phases.find(({ name }) => name === 'during');
  const bySecond = Map.groupBy(requests, ({ atMs }) => Math.floor(atMs / 1_000));
  return {
    seconds: endMs / 1_000,
    fault: during && marks.length > 0 ? { from: during.fromMs / 1_000, to: during.toMs / 1_000 } : undefined,
    marks: marks.map(({ atMs, title }) => ({ at: atMs / 1_000, title })),
    /** Requests of each second by outcome. */
    arrivals: [...bySecond].flatMap(([at, each]) =>
      [...Map.groupBy(each, outcomeOf)].map(([outcome, { length: count }]) => ({ at, outcome, count })),
    ),
    latencies: [...bySecond].flatMap(([at, each]) => {
      const latencies = latenciesOf(each.map(({ durationMs }) => durationMs));
      // A logarithmic axis has no 0.
      return percentiles.map((percentile) => ({ at, percentile, ms: Math.max(1, latencies[percentile]) }));
    }),
    states: stateBands(breakers, endMs).map(({ replica, state, fromMs, toMs }) => ({
      replica,
      state,
      from: fromMs / 1_000,
      to: toMs / 1_000,
    })),
    /** Calls to customer in the previous second. */
    customerCalls: services.slice(1).map((sample, index) => {
      const last = services[index] ?? sample;
      const perSecond = (callsBetween(last, sample) / (sample.atMs - last.atMs)) * 1_000;
      return { at: sample.atMs / 1_000, perSecond };
    }),
  };
}

/** The ends of the vertical axes. */
export interface PlotScales {
  readonly requestsPerSecond: number;
  readonly latencyMs: number;
  readonly customerCallsPerSecond: number;
}

/** Scales for several runs, so that the same height means the same in each of their charts. */
export function scalesOf(runs: readonly PlotData[]): PlotScales {
  const max = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 1);
  const totals = runs.flatMap(({ arrivals }) =>
    [...Map.groupBy(arrivals, ({ at }) => at).values()].map((each) => each.reduce((sum, { count }) => sum + count, 0)),
  );
  return {
    requestsPerSecond: max(totals),
    latencyMs: max(runs.flatMap(({ latencies }) => latencies.map(({ ms }) => ms))),
    customerCallsPerSecond: max(runs.flatMap(({ customerCalls }) => customerCalls.map(({ perSecond }) => perSecond))),
  };
}

/** A period in one state of a circuit breaker. */
export interface StateBand extends Span {
  readonly replica: string;
  readonly state: string;
}

/** The consecutive states of each replica. */
export function stateBands(samples: readonly BreakerSample[], endMs: number): StateBand[] {
  const replicas = new Set(samples.flatMap(({ states }) => Object.keys(states)));
  return [...replicas].flatMap((replica) => {
    const bands: StateBand[] = [];
    for (const [index, { atMs, states }] of samples.entries()) {
      const state = states[replica];
      if (state === undefined) continue;
      const toMs = samples[index + 1]?.atMs ?? endMs;
      const last = bands.at(-1);
      if (last?.state === state) bands[bands.length - 1] = { ...last, toMs };
      else bands.push({ replica, state, fromMs: atMs, toMs });
    }
    return bands;
  });
}
