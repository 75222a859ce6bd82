import type { WindowContents, WindowOutcome } from '@breakwater/resilience/actuator';
import type { Breaker } from '../protocol/messages.ts';

/** A recorded call, or a free place in the window. */
type Cell = WindowOutcome | 'EMPTY';

/** More cells would be too small to see; the newest are shown. */
const maxCells = 100;

/** The contents of a window, newest on the right: a cell for each call, or a column for each second. */
export function CallWindow({ breaker }: { readonly breaker: Breaker }) {
  const { window } = breaker;
  if (window === null) return <p class="hint">This engine does not record single calls.</p>;
  const description = describeWindow(window, breaker);
  return (
    <figure class="window">
      {window.type === 'COUNT_BASED' ? (
        <div class="cells" role="img" aria-label={description}>
          {cellsOf(window)
            .slice(-maxCells)
            .map((cell, index) => (
              <i key={index} class={`cell cell-${cell}`} />
            ))}
        </div>
      ) : (
        <div class="columns" role="img" aria-label={description}>
          {columnsOf(window)
            .slice(-maxCells)
            .map(({ good, slow, failed }, index) => (
              <i key={index} class="column">
                <i class="cell-ERROR" style={{ height: `${failed * 100}%` }} />
                <i class="cell-SLOW_SUCCESS" style={{ height: `${slow * 100}%` }} />
                <i class="cell-SUCCESS" style={{ height: `${good * 100}%` }} />
              </i>
            ))}
        </div>
      )}
      <figcaption class="hint">{description}</figcaption>
    </figure>
  );
}

function describeWindow({ type, size }: WindowContents, { metrics }: Breaker): string {
  const { bufferedCalls, failedCalls, slowCalls } = metrics;
  const extent = type === 'TIME_BASED' ? `in the last ${size} seconds` : `of ${size}`;
  return `${bufferedCalls} calls ${extent}: ${failedCalls} failed, ${slowCalls} slow`;
}

type CountWindow = Omit<Extract<WindowContents, { readonly type: 'COUNT_BASED' }>, 'type'>;
type TimeWindow = Omit<Extract<WindowContents, { readonly type: 'TIME_BASED' }>, 'type'>;

/** A cell for each call, oldest first; free places come last. */
export function cellsOf({ size, outcomes }: CountWindow): Cell[] {
  return [...outcomes, ...Array.from({ length: Math.max(0, size - outcomes.length) }, (): Cell => 'EMPTY')];
}

/**
 * A column for each second of the window, oldest first, including seconds without calls: its calls, and its outcomes as
 * shares of the busiest second (0 to 1).
 */
export function columnsOf({ size, epochSecond, seconds }: TimeWindow) {
  const bySecond = new Map(seconds.map((second) => [second.epochSecond, second]));
  const most = Math.max(1, ...seconds.map(({ calls }) => calls));
  return Array.from({ length: size }, (_, index) => {
    const second = bySecond.get(epochSecond - size + 1 + index);
    if (second === undefined) return { calls: 0, good: 0, slow: 0, failed: 0 };
    const { calls, failedCalls, slowCalls, slowFailedCalls } = second;
    const slowOnly = slowCalls - slowFailedCalls;
    return {
      calls,
      good: (calls - failedCalls - slowOnly) / most,
      slow: slowOnly / most,
      failed: failedCalls / most,
    };
  });
}

const legend: readonly (readonly [Cell, string])[] = [
  ['SUCCESS', 'succeeded'],
  ['SLOW_SUCCESS', 'succeeded, slow'],
  ['ERROR', 'failed'],
  ['SLOW_ERROR', 'failed, slow'],
  ['EMPTY', 'free'],
];

export function WindowLegend() {
  return (
    <p class="hint legend">
      <span>Each cell is a call, newest on the right:</span>
      {legend.map(([cell, label]) => (
        <span key={cell}>
          <i class={`swatch cell-${cell}`} />
          {label}
        </span>
      ))}
    </p>
  );
}
