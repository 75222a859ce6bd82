import { getBorderCharacters, table } from 'table';
import { milliseconds, percent, seconds, type Judgement } from '../runner/judgement.ts';
import type { Measures } from '../runner/measures.ts';
import { responseKinds } from '../runner/responses.ts';
import type { RunRecord } from '../runner/run-record.ts';

/** A run with its measures and judgement. */
export interface JudgedRun {
  readonly claim: string;
  readonly record: RunRecord;
  readonly measures: Measures;
  readonly judgement: Judgement;
}

const marks = { passed: '✔', failed: '✖', shown: '·', 'not judged': '?' } as const;

/** The title of a run: its scenario and its deviations from the default. */
export function titleOf({ scenario, engine, variant, isShort }: RunRecord): string {
  const remarks = [
    ...(variant === 'as-configured' ? [] : [variant.replaceAll('-', ' ')]),
    ...(engine === 'sliding-window' ? [] : [`engine ${engine}`]),
    ...(isShort ? ['short'] : []),
  ];
  return remarks.length === 0 ? scenario : `${scenario} (${remarks.join(', ')})`;
}

/** A run as text for a terminal. */
export function runAsText({ claim, record, measures, judgement }: JudgedRun): string {
  return [
    `\n${titleOf(record)}: ${claim}`,
    drawn(phaseRows(measures)),
    `${reactionLine(measures)}\n${burdenLine(record, measures)}`,
    drawn([
      ['', 'check', 'measured', 'allowed'],
      ...judgement.checks.map((check) => [marks[check.verdict], check.name, check.measured, check.allowed]),
    ]),
    ...record.omissions.map((each) => `? ${each}`),
    ...judgement.cautions.map((each) => `! Caution: ${each}.`),
    verdictOf({ record, judgement }),
  ].join('\n');
}

/** The result of a run as a sentence. */
export function verdictOf({ record, judgement }: Pick<JudgedRun, 'record' | 'judgement'>): string {
  if (judgement.invalid !== undefined) return `✖ The run is invalid: ${judgement.invalid}.`;
  if (!judgement.isPassed) return '✖ The claim did not hold in this run.';
  if (record.engine !== 'sliding-window') return '· For comparison: the thresholds apply to sliding-window.';
  return record.omissions.length > 0 ? '✔ The checks that could be judged passed.' : '✔ The claim held in this run.';
}

/** A comparison of runs: a row per measure, a column per run. */
export function comparisonAsText(runs: readonly JudgedRun[]): string {
  return drawn(comparisonTable(runs.map(({ record, measures }) => ({ ...record, measures }))));
}

/** The compared part of a run. */
export type ComparedRun = Pick<RunRecord, 'engine' | 'ledger'> & { readonly measures: Measures };

export function comparisonTable(runs: readonly ComparedRun[]): string[][] {
  const during = runs.map(({ measures }) => measures.phases.find(({ name }) => name === 'during'));
  const row = (name: string, values: readonly string[]) => [name, ...values];
  return [
    row(
      'during the fault',
      runs.map(({ engine }) => engine),
    ),
    row(
      'goodput',
      during.map((phase) => percent(phase?.goodput)),
    ),
    ...(['p50', 'p95', 'p99', 'max'] as const).map((which) =>
      row(
        which,
        during.map((phase) => milliseconds(phase?.latenciesMs[which] ?? Number.NaN)),
      ),
    ),
    row(
      'p99 after opening',
      runs.map(({ measures }) => maybe(measures.protected?.latenciesMs.p99, milliseconds)),
    ),
    row(
      '5xx responses',
      runs.map(({ measures }) => String(measures.serverErrors)),
    ),
    ...responseKinds.map((outcome) =>
      row(
        outcome,
        during.map((phase) => String(phase?.outcomes[outcome] ?? 0)),
      ),
    ),
    row(
      'time to protect',
      runs.map(({ measures }) => maybe(measures.timeToProtectMs, seconds, 'never')),
    ),
    row(
      'time to recover',
      runs.map(({ measures }) => maybe(measures.timeToRecoverMs, seconds, 'never')),
    ),
    row(
      'calls to customer per second',
      during.map((phase) => phase?.customerCallsPerSecond.toFixed(1) ?? '–'),
    ),
    row(
      'ledger',
      runs.map(({ ledger }) =>
        ledger?.findings.length === 0 ? 'no violation' : `${ledger?.findings.length ?? '?'} violations`,
      ),
    ),
  ];
}

function phaseRows({ phases }: Measures): string[][] {
  return [
    ['phase', 'arrivals', 'goodput', ...responseKinds, 'p50', 'p95', 'p99', 'max', 'customer/s'],
    ...phases.map(({ name, seconds, arrivals, goodput, outcomes: counts, latenciesMs, customerCallsPerSecond }) => [
      `${name} (${seconds.toFixed(0)} s)`,
      String(arrivals),
      percent(goodput),
      ...responseKinds.map((outcome) => String(counts[outcome])),
      ...[latenciesMs.p50, latenciesMs.p95, latenciesMs.p99, latenciesMs.max].map(milliseconds),
      Number.isNaN(customerCallsPerSecond) ? '–' : customerCallsPerSecond.toFixed(1),
    ]),
  ];
}

export function reactionLine({ openedAfterMs, timeToProtectMs, timeToRecoverMs }: Measures): string {
  return [
    `breakers open after ${maybe(openedAfterMs, seconds)}`,
    `time to protect ${maybe(timeToProtectMs, seconds)}`,
    `time to recover ${maybe(timeToRecoverMs, seconds)}`,
  ].join(', ');
}

export function burdenLine(
  { droppedRequests, machine }: RunRecord,
  { generatorShare, machineShare }: Measures,
): string {
  return (
    `k6 took ${maybe(generatorShare, percent)} of ${machine.processors} processors, the whole machine ${maybe(machineShare, percent)}; ` +
    `${droppedRequests} requests could not start in time`
  );
}

function maybe(value: number | undefined, show: (value: number) => string, otherwise = '–'): string {
  return value === undefined || Number.isNaN(value) ? otherwise : show(value);
}

function drawn(rows: string[][]): string {
  return table(rows, {
    border: getBorderCharacters('norc'),
    drawHorizontalLine: (line, count) => line <= 1 || line === count,
  });
}
