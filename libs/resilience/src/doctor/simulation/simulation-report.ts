import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import { count, figure, perSecond, span } from '../figures.ts';
import { plain, type Paint } from '../paint.ts';
import type { Outage } from './outage.ts';
import { type Outcome, outcomes, type SimulatedTransition, type Simulation } from './simulate.ts';
import { countOutcomes, type PhaseSummary, summarize } from './simulation-summary.ts';

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

const outcomeWords: Readonly<Record<Outcome, string>> = {
  answered: 'answered',
  failed: 'failed',
  timedOut: 'timed out',
  notPermitted: 'not permitted',
  bulkheadFull: 'bulkhead full',
  rateLimited: 'rate limited',
  gaveUp: 'gave up waiting',
};

/** A simulation as text: what was played, a timeline, when the circuit breaker changed its state, and what callers saw. */
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
  const who = concurrency === undefined ? '' : `${count(concurrency, 'caller')}, one call after the other`;
  const rate = ratePerSecond === undefined ? '' : `${perSecond(ratePerSecond)}, evenly spread`;
  const patience = callerDeadlineMs === undefined ? '' : `each waiting at most ${span(callerDeadlineMs)}`;
  const number = calls === undefined ? '' : `${count(calls, 'call')} in all`;
  return `Calls: ${[rate, who, number, patience].filter((part) => part !== '').join(', ')}.`;
}

/** A row for the state, and one for each outcome that came about, as bars in equal stretches of time. */
function timelineLines(simulation: Simulation, paint: Paint): readonly string[] {
  const { calls, endedAtMs, initialState } = simulation;
  const stretchMs = stretchFor(endedAtMs);
  const columns = Math.max(1, Math.ceil(endedAtMs / stretchMs));
  const columnOf = (atMs: number) => Math.min(columns - 1, Math.floor(atMs / stretchMs));
  const totals = countOutcomes(calls);
  const seen = outcomes.filter((outcome) => totals[outcome] > 0);
  const rows = seen.map((outcome) => {
    const bars = Array.from({ length: columns }, () => 0);
    for (const call of calls) if (call.outcome === outcome) bars[columnOf(call.startedAtMs)]!++;
    return { outcome, bars };
  });
  const highest = Math.max(1, ...rows.flatMap(({ bars }) => bars));
  const title = (text: string) => text.padEnd(16);
  const axis = `0 s${span(columns * stretchMs).padStart(Math.max(columns - 3, 0))}`;
  return [
    `${title('')}${axis}`,
    ...(initialState === undefined ? [] : [`${title('state')}${stateRow(simulation, columns, stretchMs)}`]),
    ...rows.map(({ outcome, bars }) => {
      const row = bars
        .map((height) => levels[Math.ceil((height / highest) * (levels.length - 1))])
        .join('')
        .trimEnd();
      return `${title(outcomeWords[outcome])}${paint(outcome === 'answered' ? 'green' : 'red', row)}`;
    }),
    paint('dim', `${title('')}each column is ${span(stretchMs)}; ─ CLOSED, O OPEN, h HALF_OPEN`),
  ];
}

/** A round length of time, 1, 2 or 5 of some unit, of which not too many are needed. */
function stretchFor(endMs: number): number {
  for (let unitMs = 1; ; unitMs *= 10) {
    for (const number of [1, 2, 5]) if (endMs / (number * unitMs) <= mostColumns) return number * unitMs;
  }
}

/** In each stretch the state that it ends in. */
function stateRow({ transitions, initialState = 'CLOSED' }: Simulation, columns: number, stretchMs: number): string {
  const row = Array.from({ length: columns }, (_, column) => {
    const endMs = (column + 1) * stretchMs;
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
    return [
      `The circuit breaker stays ${initialState} throughout: ${count(calls.length, 'call')}, and it never opens.`,
    ];
  }
  const shown = transitions.slice(0, mostTransitions).map((transition) => transitionLine(transition, paint));
  const more = transitions.length - shown.length;
  return [...shown, ...(more > 0 ? [`  and ${more} more transitions`] : []), `It is ${finalState} in the end.`];
}

const mostTransitions = 40;

function transitionLine(transition: SimulatedTransition, paint: Paint): string {
  const { atMs, fromState, toState, afterCalls, failureRate, slowCallRate } = transition;
  const colour = toState === 'CLOSED' ? 'green' : toState === 'OPEN' ? 'red' : 'yellow';
  const rates =
    failureRate === undefined || slowCallRate === undefined || failureRate < 0
      ? ''
      : `: ${figure(failureRate)} % failed, ${figure(slowCallRate)} % slow`;
  const what = toState === 'OPEN' ? `opens after ${count(afterCalls, 'call')}${rates}` : '';
  return `${span(Math.round(atMs)).padStart(10)}  ${paint(colour, `${fromState} → ${toState}`)}  ${what}`.trimEnd();
}

function phaseLines(phase: PhaseSummary): readonly string[] {
  const { atMs, endMs, latencyMs, errorPercentage, calls, dependencyCalls, longestWaitMs } = phase;
  const seen = outcomes.filter((outcome) => calls[outcome] > 0);
  const total = seen.reduce((sum, outcome) => sum + calls[outcome], 0);
  const counts = seen.map((outcome) => `${calls[outcome]} ${outcomeWords[outcome]}`).join(', ');
  return [
    `From ${span(atMs)} to ${span(Math.round(endMs))} the dependency takes ${span(latencyMs)} and fails ${figure(errorPercentage)} % of its calls.`,
    total === 0
      ? '  Nobody called.'
      : `  Callers: ${count(total, 'call')}: ${counts}; the longest wait was ${span(Math.round(longestWaitMs))}. ` +
        `The dependency got ${count(dependencyCalls, 'call')}.`,
  ];
}
