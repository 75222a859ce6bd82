import { getBorderCharacters, table } from 'table';
import { type Judgement, milliseconds, percent, perSecond, seconds } from '../runner/judgement.ts';
import { type Measures, phaseOf } from '../runner/measures.ts';
import { type Outcome, outcomes } from '@breakwater/system-runner/ledger';
import type { RunRecord } from '../runner/run-record.ts';
import { type StormComparison, stormSummary, stormTable } from '../storms/comparison.ts';

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
    drawn(
      checkTable(judgement).map(([name = '', ...cells], row) => {
        const check = judgement.checks[row - 1];
        return [check === undefined ? '' : marks[check.verdict], name, ...cells];
      }),
    ),
    ...record.omissions.map((each) => `? ${each}`),
    ...judgement.cautions.map((each) => `! Caution: ${each}.`),
    verdictOf({ record, judgement }),
  ].join('\n');
}

/** The checks of a run: a row per check below a head, with a column for the control arm if there is one. */
export function checkTable({ checks }: Judgement): string[][] {
  const isCompared = checks.some(({ control }) => control !== undefined);
  return [
    ['check', 'measured', 'allowed', ...(isCompared ? ['in the control arm'] : [])],
    ...checks.map(({ name, measured, allowed, control = '' }) => [
      name,
      measured,
      allowed,
      ...(isCompared ? [control] : []),
    ]),
  ];
}

/** The slowest requests after the circuit breakers had opened: a row per request below a head. Empty without any. */
export function slowestTable(measures: Measures): string[][] {
  const slowest = measures.protected?.slowest ?? [];
  if (slowest.length === 0) return [];
  return [
    ['slowest after the breakers opened', 'at', 'outcome', 'circuit breakers'],
    ...slowest.map(({ atMs, durationMs, outcome, states }) => [
      milliseconds(durationMs),
      seconds(atMs),
      outcome,
      Object.values(states).join(', '),
    ]),
  ];
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

/** The predictions of storms, and what the real system did, as text for a terminal. */
export function stormsAsText({ model, seed, storms }: StormComparison): string {
  const rows = stormTable(storms).map((cells) => cells.map((cell) => cell.replaceAll('*', '')));
  return `${drawn(rows)}${stormSummary(storms)} The model is that of ${model}, the seed ${seed}.`;
}

/** The compared part of a run. */
export type ComparedRun = Pick<RunRecord, 'engine' | 'variant' | 'ledger'> & { readonly measures: Measures };

/** What distinguishes runs of one scenario: the engine, or the settings. */
export function columnsOf(runs: readonly Pick<RunRecord, 'engine' | 'variant'>[]): string[] {
  const isOneEngine = new Set(runs.map(({ engine }) => engine)).size === 1;
  return runs.map(({ engine, variant }) => (isOneEngine ? variant.replaceAll('-', ' ') : engine));
}

export function comparisonTable(runs: readonly ComparedRun[]): string[][] {
  const compared = runs.map((run) => ({ ...run, during: phaseOf(run.measures, 'during') }));
  const row = (name: string, cell: (run: (typeof compared)[number]) => string) => [name, ...compared.map(cell)];
  const shareOf = (outcome: Outcome) =>
    row(outcome, ({ during }) => percent(during && during.outcomes[outcome] / during.arrivals));
  const reaction = (ms: number | undefined): string => (ms === undefined ? 'never' : seconds(ms));
  return [
    ['during the fault', ...columnsOf(runs)],
    ...outcomes.map(shareOf),
    ...latencyNames.map((which) => row(which, ({ during }) => milliseconds(during?.latenciesMs[which]))),
    row('p99 after opening', ({ measures }) => milliseconds(measures.protected?.latenciesMs.p99)),
    row('5xx responses', ({ measures }) => String(measures.serverErrors)),
    row('time to protect', ({ measures }) => reaction(measures.timeToProtectMs)),
    row('verified now, in the 60 s after', ({ measures }) => percent(measures.verifiedAfterwards)),
    row('time until verified again', ({ measures }) => reaction(measures.timeToVerifyMs)),
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
  ['phase', 'arrivals', ...outcomes, ...latencyNames, 'customer/s'],
  ...phases.map((phase) => [
    `${phase.name} (${phase.seconds.toFixed(0)} s)`,
    String(phase.arrivals),
    ...outcomes.map((outcome) => String(phase.outcomes[outcome])),
    ...latencyNames.map((which) => milliseconds(phase.latenciesMs[which])),
    perSecond(phase.customerCallsPerSecond),
  ]),
];

export function reactionLine({ openedAfterMs, released, timeToProtectMs, timeToRecoverMs }: Measures): string {
  return [
    `breakers open after ${seconds(openedAfterMs)}`,
    `p99 of the next second ${milliseconds(released?.latenciesMs.p99)}`,
    `time to protect ${seconds(timeToProtectMs)}`,
    `time to recover ${seconds(timeToRecoverMs)}`,
  ].join(', ');
}

export function burdenLine(
  { droppedRequests, machine }: Pick<RunRecord, 'droppedRequests' | 'machine'>,
  { ownShare, othersShare, machineShare }: Measures,
): string {
  return (
    `The system and k6 took ${percent(ownShare)} of ${machine.processors} processors, other programs ` +
    `${percent(othersShare)}, the whole machine ${percent(machineShare)}; ${droppedRequests} requests could not start in time`
  );
}

/** A table with a head. */
export function drawn(rows: string[][]): string {
  return table(rows, {
    border: getBorderCharacters('norc'),
    drawHorizontalLine: (line, count) => line <= 1 || line === count,
  });
}
