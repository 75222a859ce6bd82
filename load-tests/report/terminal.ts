import { getBorderCharacters, table } from 'table';
import { type Judgement, milliseconds, percent, perSecond, seconds } from '../runner/judgement.ts';
import { type Measures, phaseOf } from '../runner/measures.ts';
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
    drawn(phaseTable(measures)),
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
  if (!judgement.isPassed && judgement.isControl) return '✖ The control arm failed: see its checks.';
  if (!judgement.isPassed) return '✖ The claim did not hold in this run.';
  if (record.engine !== 'sliding-window') return '· For comparison: the thresholds apply to sliding-window.';
  if (judgement.isControl) return '✔ The control arm misses a limit: the protection makes the difference.';
  return record.omissions.length > 0 ? '✔ The checks that could be judged passed.' : '✔ The claim held in this run.';
}

/** A comparison of runs: a row per measure, a column per run. */
export function comparisonAsText(runs: readonly JudgedRun[]): string {
  return drawn(comparisonTable(runs.map(({ record, measures }) => ({ ...record, measures }))));
}

/** The compared part of a run. */
export type ComparedRun = Pick<RunRecord, 'engine' | 'ledger'> & { readonly measures: Measures };

export function comparisonTable(runs: readonly ComparedRun[]): string[][] {
  const compared = runs.map((run) => ({ ...run, during: phaseOf(run.measures, 'during') }));
  const row = (name: string, cell: (run: (typeof compared)[number]) => string) => [name, ...compared.map(cell)];
  const reaction = (ms: number | undefined): string => (ms === undefined ? 'never' : seconds(ms));
  return [
    row('during the fault', ({ engine }) => engine),
    row('goodput', ({ during }) => percent(during?.goodput)),
    ...latencyNames.map((which) => row(which, ({ during }) => milliseconds(during?.latenciesMs[which]))),
    row('p99 after opening', ({ measures }) => milliseconds(measures.protected?.latenciesMs.p99)),
    row('5xx responses', ({ measures }) => String(measures.serverErrors)),
    ...responseKinds.map((kind) => row(kind, ({ during }) => String(during?.outcomes[kind] ?? 0))),
    row('time to protect', ({ measures }) => reaction(measures.timeToProtectMs)),
    row('time to recover', ({ measures }) => reaction(measures.timeToRecoverMs)),
    row('calls to customer per second', ({ during }) => perSecond(during?.customerCallsPerSecond)),
    row('ledger', ({ ledger }) =>
      ledger?.findings.length === 0 ? 'no violation' : `${ledger?.findings.length ?? '?'} violations`,
    ),
  ];
}

const latencyNames = ['p50', 'p95', 'p99', 'max'] as const;

/** The measures of a run: a row per phase below a head. */
export const phaseTable = ({ phases }: Measures): string[][] => [
  ['phase', 'arrivals', 'goodput', ...responseKinds, ...latencyNames, 'customer/s'],
  ...phases.map((phase) => [
    `${phase.name} (${phase.seconds.toFixed(0)} s)`,
    String(phase.arrivals),
    percent(phase.goodput),
    ...responseKinds.map((kind) => String(phase.outcomes[kind])),
    ...latencyNames.map((which) => milliseconds(phase.latenciesMs[which])),
    perSecond(phase.customerCallsPerSecond),
  ]),
];

export function reactionLine({ openedAfterMs, timeToProtectMs, timeToRecoverMs }: Measures): string {
  return [
    `breakers open after ${seconds(openedAfterMs)}`,
    `time to protect ${seconds(timeToProtectMs)}`,
    `time to recover ${seconds(timeToRecoverMs)}`,
  ].join(', ');
}

export function burdenLine(
  { droppedRequests, machine }: RunRecord,
  { generatorShare, machineShare }: Measures,
): string {
  return (
    `k6 took ${percent(generatorShare)} of ${machine.processors} processors, the whole machine ${percent(machineShare)}; ` +
    `${droppedRequests} requests could not start in time`
  );
}

function drawn(rows: string[][]): string {
  return table(rows, {
    border: getBorderCharacters('norc'),
    drawHorizontalLine: (line, count) => line <= 1 || line === count,
  });
}
