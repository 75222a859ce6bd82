import { getBorderCharacters, table, type TableUserConfig } from 'table';
import type { Call, Outcome } from '../experiments/lookups.ts';
import { summarize } from '../experiments/verdict.ts';
import type { Results } from './results.ts';
import { paint } from './style.ts';

const frame: TableUserConfig = {
  border: getBorderCharacters('norc'),
  // Around the table and below its head; twenty rows are easier to read without.
  drawHorizontalLine: (index, size) => index <= 1 || index === size,
};

/** One row a call: what became of it, how long it took, and the breaker right after it. */
export function callTable(calls: readonly Call[]): string {
  const head = ['Call', 'Outcome', 'Duration', 'State after', 'Failures', 'Slow calls'].map((title) =>
    paint('bold', title),
  );
  const rows = calls.map((call) => [
    String(call.n),
    showOutcome(call.outcome),
    `${Math.round(call.durationMs)} ms`,
    showState(call),
    showRate(call.failureRate),
    showRate(call.slowCallRate),
  ]);
  return table([head, ...rows], {
    ...frame,
    columns: [
      { alignment: 'right' },
      { alignment: 'left' },
      { alignment: 'right' },
      { alignment: 'left' },
      { alignment: 'right' },
      { alignment: 'right' },
    ],
  });
}

/** One row an experiment: what it came to. */
export function summaryTable(experiments: Results['experiments']): string {
  const head = ['Experiment', 'Opened after call', 'Not permitted', 'State at the end'].map((title) =>
    paint('bold', title),
  );
  const rows = experiments.map(({ experiment, series }) => {
    const { openedAfterCall, notPermitted, finalState } = summarize(series.calls);
    return [experiment.name, String(openedAfterCall ?? '–'), String(notPermitted), paintState(finalState ?? '–')];
  });
  return table([head, ...rows], {
    ...frame,
    columns: [{ alignment: 'left' }, { alignment: 'right' }, { alignment: 'right' }, { alignment: 'left' }],
  });
}

const outcomeTexts: Readonly<Record<Outcome, string>> = {
  answered: 'answered',
  slow: 'slow',
  'not-permitted': 'not permitted → fallback',
  failed: 'failed → fallback',
};

const outcomeColours = { answered: 'green', slow: 'yellow', 'not-permitted': 'magenta', failed: 'red' } as const;

function showOutcome(outcome: Outcome): string {
  return paint(outcomeColours[outcome], outcomeTexts[outcome]);
}

/** The state, and where from if this call changed it. */
function showState({ state, transitions }: Call): string {
  const before = transitions.map((transition) => transition.split('->', 1).join());
  return [...before, state].map(paintState).join(' → ');
}

/** A state in its colour: green lets through, red refuses, yellow tries. */
function paintState(state: string): string {
  if (state === 'CLOSED') return paint('green', state);
  if (state === 'OPEN' || state === 'FORCED_OPEN') return paint('red', state);
  return paint('yellow', state);
}

/** In percent, without decimals that say nothing; a dash while it is not worked out. */
function showRate(rate: number): string {
  if (rate < 0) return '–';
  return `${Number(rate.toFixed(1))} %`;
}
