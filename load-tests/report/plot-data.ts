import { stateBands } from '../runner/breaker-history.ts';
import { outcomeOf, type Outcome } from '../runner/outcomes.ts';
import { latenciesOf } from '../runner/percentiles.ts';
import type { RunRecord } from '../runner/run-record.ts';

/** What is plotted. Times are in seconds from the begin of load. */
export interface PlotData {
  readonly seconds: number;
  readonly fault: { readonly from: number; readonly to: number } | undefined;
  readonly marks: readonly { readonly at: number; readonly title: string }[];
  /** Arrivals of each second by what came of them. */
  readonly arrivals: readonly { readonly at: number; readonly outcome: Outcome; readonly count: number }[];
  readonly latencies: readonly {
    readonly at: number;
    readonly percentile: 'p50' | 'p95' | 'p99';
    readonly ms: number;
  }[];
  readonly states: readonly {
    readonly replica: string;
    readonly state: string;
    readonly from: number;
    readonly to: number;
  }[];
  /** Questions that customer got in the second before. */
  readonly questions: readonly { readonly at: number; readonly perSecond: number }[];
}

const percentiles = ['p50', 'p95', 'p99'] as const;

/** Puts a run into seconds. */
export function plotDataOf({ requests, phases, marks, breakers, services }: RunRecord): PlotData {
  const endMs = phases.at(-1)?.toMs ?? 0;
  const during = phases.find(({ name }) => name === 'during');
  const bySecond = Map.groupBy(requests, ({ atMs }) => Math.floor(atMs / 1_000));
  return {
    seconds: endMs / 1_000,
    fault: during && marks.length > 0 ? { from: during.fromMs / 1_000, to: during.toMs / 1_000 } : undefined,
    marks: marks.map(({ atMs, title }) => ({ at: atMs / 1_000, title })),
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
    questions: services.slice(1).map(({ atMs, questions }, index) => {
      const last = services[index] ?? { atMs, questions };
      return { at: atMs / 1_000, perSecond: ((questions - last.questions) / (atMs - last.atMs)) * 1_000 };
    }),
  };
}
