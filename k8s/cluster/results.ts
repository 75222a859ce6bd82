import type { Sample, Usage } from './observation.ts';
import type { ClusterFacts, StepResult } from './record.ts';
import { steps as knownSteps } from './steps/index.ts';
import type { Second } from './tally.ts';

/** What a run has shown. */
export interface RunResult {
  readonly recordedAt: string;
  readonly context: string;
  readonly cluster: ClusterFacts;
  /** The window of the autoscalers for scaling down, in seconds. */
  readonly scaleDownSeconds: number | 'committed';
  readonly seconds: number;
  readonly steps: readonly StepResult[];
  /** The usage of pods under load. */
  readonly usage: readonly ServiceUsage[];
  readonly samples: readonly Sample[];
  /** Requests by second, while there was load. */
  readonly requests: readonly Second[];
}

/** The usage of the pods of one service. */
export interface ServiceUsage {
  readonly service: string;
  readonly samples: number;
  readonly p95Millicores: number;
  readonly peakMebibytes: number;
}

/** @param usages of pods, while there was load */
export function usageByService(usages: readonly Usage[], percentile: Percentile): ServiceUsage[] {
  return [...Map.groupBy(usages, ({ service }) => service)]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([service, ofService]) => ({
      service,
      samples: ofService.length,
      p95Millicores: Math.ceil(
        percentile(
          ofService.map(({ millicores }) => millicores).toSorted((a, b) => a - b),
          0.95,
        ),
      ),
      peakMebibytes: Math.ceil(Math.max(...ofService.map(({ mebibytes }) => mebibytes))),
    }));
}

type Percentile = (sorted: readonly number[], share: number) => number;

const marks = { passed: '✔', failed: '✖', 'not checked': '–' } as const;

/** One line for the terminal, and one for each reason. */
export function lineOf({ title, status, seconds, figures, load, reasons }: StepResult): string {
  const shown = { ...(load && { requests: load.requests, lost: load.lost }), ...figures };
  const details = Object.entries(shown).map(([figure, value]) => `${figure} ${value}`);
  const suffix = status === 'not checked' ? 'NOT CHECKED' : [`${seconds} s`, ...details].join(', ');
  return [`${marks[status]} ${title} (${suffix})`, ...reasons.map((reason) => `    ${reason}`)].join('\n');
}

/** `12 passed, 1 failed, 1 not checked; 24000 requests, 0 lost`. */
export function summaryOf({ steps }: Pick<RunResult, 'steps'>): string {
  const count = (status: StepResult['status']): number => steps.filter((step) => step.status === status).length;
  const { requests, lost } = totalsOf(steps);
  return `${count('passed')} passed, ${count('failed')} failed, ${count('not checked')} not checked; ${requests} requests, ${lost} lost`;
}

const refusingSteps = new Set(knownSteps.filter(({ mayRefuse }) => mayRefuse).map(({ name }) => name));

/** Without the requests of steps in which some may be refused. */
export function totalsOf(steps: readonly StepResult[]): { readonly requests: number; readonly lost: number } {
  const loads = steps.filter(({ name }) => !refusingSteps.has(name)).flatMap(({ load }) => (load ? [load] : []));
  return {
    requests: loads.reduce((sum, { requests }) => sum + requests, 0),
    lost: loads.reduce((sum, { lost }) => sum + lost, 0),
  };
}

/** The result as Markdown for a page: a list with the numbers of the picture, and tables. */
export function markdownOf(result: RunResult): string {
  const { cluster, steps, usage } = result;
  const nodes = cluster.nodes.map(({ processors, memoryGiB }) => `${processors} cores and ${memoryGiB} GiB`);
  const count = cluster.nodes.length === 1 ? 'one node' : `${cluster.nodes.length} nodes`;
  return [
    `Kubernetes ${cluster.version}, ${count} of ${[...new Set(nodes)].join(', ')}, ${result.recordedAt.slice(0, 10)}, ${Math.round(result.seconds / 60)} minutes: ${summaryOf(result)}.`,
    '',
    ...steps.map((step, index) => `${index + 1}. **${step.name}**: ${step.title}.${detailsOf(step)}`),
    '',
    ...tableOf(
      ['step', 'result', 'seconds', 'requests', 'lost', 'p50', 'p99'],
      steps.map(({ name, status, seconds, load }) => [
        name,
        status,
        String(seconds),
        ...(load === undefined
          ? ['', '', '', '']
          : [load.requests, load.lost, `${load.p50Ms} ms`, `${load.p99Ms} ms`].map(String)),
      ]),
    ),
    '',
    ...tableOf(
      ['service', 'p95 of the processor', 'peak of memory', 'samples'],
      usage.map(({ service, p95Millicores, peakMebibytes, samples }) => [
        service,
        `${p95Millicores}m`,
        `${peakMebibytes} MiB`,
        String(samples),
      ]),
    ),
    '',
  ].join('\n');
}

function detailsOf({ figures, reasons, status }: StepResult): string {
  const shown = Object.entries(figures).map(([figure, value]) => `${figure}: ${value}`);
  const label = status === 'not checked' ? ' NOT CHECKED:' : '';
  return [...shown, ...reasons].length === 0 ? '' : `${label} ${[...shown, ...reasons].join('; ')}.`;
}

const tableOf = (headings: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
