import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import { count, figure, perSecond, span } from '../figures.ts';
import { type Paint, plain } from '../report.ts';
import type { Outage, OutagePhase } from './outage.ts';
import {
  type SimulatedCall,
  type SimulatedOutcome,
  simulatedOutcomes,
  type SimulatedTransition,
  type Simulation,
} from './simulate.ts';

/** What callers observed in one phase of the outage. A call belongs to the phase in which it started. */
export interface PhaseSummary extends OutagePhase {
  /** The start of the next phase, or the end of the last call. */
  readonly endMs: number;
  readonly calls: Readonly<Record<SimulatedOutcome, number>>;
  /** Attempts that reached the dependency. */
  readonly dependencyCalls: number;
  /** The longest time that a caller waited, in milliseconds. */
  readonly longestWaitMs: number;
}

/** A simulation in numbers, for programs. */
export interface SimulationSummary {
  readonly instance: string;
  readonly initialState: StateName | undefined;
  readonly finalState: StateName | undefined;
  readonly transitions: readonly SimulatedTransition[];
  readonly phases: readonly PhaseSummary[];
}

/** Counts what callers observed in each phase. */
export function summarize(simulation: Simulation, outage: Outage): SimulationSummary {
  const { instance, initialState, finalState, transitions, calls, dependencyCallsAtMs, endedAtMs } = simulation;
  const phases = outage.phases.flatMap((phase, index) => {
    const isLast = index === outage.phases.length - 1;
    const endMs = isLast ? Math.max(endedAtMs, phase.atMs) : (outage.phases[index + 1]?.atMs ?? endedAtMs);
    const isIn = (atMs: number) => atMs >= phase.atMs && (isLast || atMs < endMs);
    const own = calls.filter(({ startedAtMs }) => isIn(startedAtMs));
    const wasReached = own.length > 0 || endedAtMs >= phase.atMs;
    const longestWaitMs = own.reduce((most, call) => Math.max(most, call.endedAtMs - call.startedAtMs), 0);
    const dependencyCalls = dependencyCallsAtMs.filter(isIn).length;
    return wasReached ? [{ ...phase, endMs, calls: countOutcomes(own), dependencyCalls, longestWaitMs }] : [];
  });
  return { instance, initialState, finalState, transitions, phases };
}

export function countOutcomes(calls: readonly SimulatedCall[]): Readonly<Record<SimulatedOutcome, number>> {
  const counts = new Map<SimulatedOutcome, number>(simulatedOutcomes().map((outcome) => [outcome, 0]));
  for (const { outcome } of calls) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return Object.fromEntries(counts);
}

const mostColumns = 60;
const levels = ' ▁▂▃▄▅▆▇█';

const stateLetters: Readonly<Record<StateName, string>> = {
  CLOSED: '─',
  OPEN: 'O',
  HALF_OPEN: 'h',
  DISABLED: 'D',
  METRICS_ONLY: 'M',
  FORCED_OPEN: 'F',
};

/** `bulkheadFull` as `bulkhead full`. */
const inWords = (outcome: SimulatedOutcome): string =>
  outcome.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** A simulation as text: its calls, a timeline, the state transitions, and what callers observed. */
export function simulationAsText(simulation: Simulation, outage: Outage, paint: Paint = plain): string {
  const summary = summarize(simulation, outage);
  return [
    paint('bold', `${simulation.instance}: the outage in virtual time`),
    callersAsText(outage),
    '',
    ...timelineLines(simulation, paint),
    '',
    ...transitionLines(simulation, paint),
    '',
    ...summary.phases.flatMap((phase) => phaseLines(phase)),
    '',
  ].join('\n');
}

function callersAsText({ ratePerSecond, concurrency, callerDeadlineMs, calls }: Outage): string {
  const callers = concurrency === undefined ? '' : `${count(concurrency, 'caller')}, one call after the other`;
  const rate = ratePerSecond === undefined ? '' : `${perSecond(ratePerSecond)}, evenly spread`;
  const deadline = callerDeadlineMs === undefined ? '' : `each with a deadline of ${span(callerDeadlineMs)}`;
  const total = calls === undefined ? '' : `${count(calls, 'call')} in total`;
  return `Calls: ${[rate, callers, total, deadline].filter((part) => part !== '').join(', ')}.`;
}

/** A row for the state, and one with bars for each outcome that occurred. A column is a period of time. */
function timelineLines(simulation: Simulation, paint: Paint): readonly string[] {
  const { calls, endedAtMs, initialState } = simulation;
  const columnMs = columnWidth(endedAtMs);
  const columns = Math.max(1, Math.ceil(endedAtMs / columnMs));
  const columnOf = (atMs: number) => Math.min(columns - 1, Math.floor(atMs / columnMs));
  const totals = countOutcomes(calls);
  const seen = simulatedOutcomes().filter((outcome) => (totals[outcome] ?? 0) > 0);
  const rows = seen.map((outcome) => {
    const bars = Array.from({ length: columns }, () => 0);
    for (const call of calls) if (call.outcome === outcome) bars[columnOf(call.startedAtMs)]!++;
    return { outcome, bars };
  });
  const highest = Math.max(1, ...rows.flatMap(({ bars }) => bars));
  const title = (text: string) => text.padEnd(16);
  const axis = `0 s${span(columns * columnMs).padStart(Math.max(columns - 3, 0))}`;
  return [
    `${title('')}${axis}`,
    ...(initialState === undefined ? [] : [`${title('state')}${stateRow(simulation, columns, columnMs)}`]),
    ...rows.map(({ outcome, bars }) => {
      const row = bars
        .map((height) => levels[Math.ceil((height / highest) * (levels.length - 1))])
        .join('')
        .trimEnd();
      return `${title(inWords(outcome))}${paint(outcome === 'answered' ? 'green' : 'red', row)}`;
    }),
    paint('dim', `${title('')}each column is ${span(columnMs)}; ─ CLOSED, O OPEN, h HALF_OPEN`),
  ];
}

/** 1, 2 or 5 times a power of ten milliseconds, so that the columns fit. */
function columnWidth(endMs: number): number {
  for (let unitMs = 1; ; unitMs *= 10) {
    for (const number of [1, 2, 5]) if (endMs / (number * unitMs) <= mostColumns) return number * unitMs;
  }
}

/** For each column the state at its end. */
function stateRow({ transitions, initialState = 'CLOSED' }: Simulation, columns: number, columnMs: number): string {
  const row = Array.from({ length: columns }, (_, column) => {
    const endMs = (column + 1) * columnMs;
    const last = transitions.findLast(({ atMs }) => atMs < endMs);
    return stateLetters[last?.toState ?? initialState];
  });
  return row.join('');
}

function transitionLines(
  { transitions, initialState, finalState, calls }: Simulation,
  paint: Paint,
): readonly string[] {
  if (initialState === undefined) return ['There is no circuit breaker.'];
  if (transitions.length === 0) {
    return [`The circuit breaker stays ${initialState}: it does not open in ${count(calls.length, 'call')}.`];
  }
  const shown = transitions.slice(0, mostTransitions).map((transition) => transitionLine(transition, paint));
  const more = transitions.length - shown.length;
  return [...shown, ...(more > 0 ? [`  and ${more} more transitions`] : []), `The final state is ${finalState}.`];
}

const mostTransitions = 40;

function transitionLine(transition: SimulatedTransition, paint: Paint): string {
  const { atMs, fromState, toState, afterCalls, failureRate, slowCallRate } = transition;
  const colour = toState === 'CLOSED' ? 'green' : toState === 'OPEN' ? 'red' : 'yellow';
  const rates =
    failureRate === undefined || slowCallRate === undefined || failureRate < 0
      ? ''
      : `: ${figure(failureRate)} % failed, ${figure(slowCallRate)} % slow`;
  const reason = toState === 'OPEN' ? `opens after ${count(afterCalls, 'call')}${rates}` : '';
  return `${span(Math.round(atMs)).padStart(10)}  ${paint(colour, `${fromState} → ${toState}`)}  ${reason}`.trimEnd();
}

function phaseLines(phase: PhaseSummary): readonly string[] {
  const { atMs, endMs, latencyMs, errorPercentage, calls, dependencyCalls, longestWaitMs } = phase;
  const seen = simulatedOutcomes().filter((outcome) => (calls[outcome] ?? 0) > 0);
  const total = seen.reduce((sum, outcome) => sum + (calls[outcome] ?? 0), 0);
  const counts = seen.map((outcome) => `${calls[outcome] ?? 0} ${inWords(outcome)}`).join(', ');
  return [
    `From ${span(atMs)} to ${span(Math.round(endMs))} the dependency takes ${span(latencyMs)} and fails ${figure(errorPercentage)} % of its calls.`,
    total === 0
      ? '  There were no calls.'
      : `  Callers: ${count(total, 'call')}: ${counts}; the longest wait was ${span(Math.round(longestWaitMs))}. ` +
        `The dependency received ${count(dependencyCalls, 'call')}.`,
  ];
}
