import type { Experiment } from '../experiments/experiments.ts';
import type { Call, LookupSeries } from '../experiments/lookups.ts';
import type { Recovery } from '../experiments/recovery.ts';
import { summarize } from '../experiments/verdict.ts';

/** Everything that a run found out. */
export interface Results {
  readonly experiments: readonly { readonly experiment: Experiment; readonly series: LookupSeries }[];
  readonly recovery: Recovery;
  readonly timeScale: number;
}

/** The results as a JSON document for programs; its shape is a promise to them. */
export function resultsAsJson({ experiments, recovery, timeScale }: Results): string {
  const { calls, ...rest } = recovery;
  return JSON.stringify(
    {
      experiments: experiments.map(({ experiment, series }) => ({
        name: experiment.name,
        config: series.config,
        calls: series.calls.map(asJson),
        ...summarize(series.calls),
      })),
      recovery: { ...rest, calls: calls.map(asJson) },
      timeScale,
    },
    null,
    2,
  );
}

function asJson({ n, outcome, durationMs, state, failureRate, slowCallRate }: Call): Omit<Call, 'transitions'> {
  return { n, outcome, durationMs, state, failureRate, slowCallRate };
}
