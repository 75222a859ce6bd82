import type { Breaker } from '../../protocol/messages.ts';
import { cellsOf, columnsOf, describeWindow } from '../state/window-cells.ts';

/** More cells than this would be too small to see: the newest are shown. */
const mostCells = 100;

/** What the window holds: a cell for each call, or a column for each second; the newest on the right. */
export function WindowView({ breaker }: { readonly breaker: Breaker }) {
  const { window } = breaker;
  if (window === null) return <p class="hint">This engine does not tell single calls.</p>;
  const description = describeWindow(breaker);
  return (
    <figure class="window">
      {window.type === 'COUNT_BASED' ? (
        <div class="cells" role="img" aria-label={description}>
          {cellsOf(window)
            .slice(-mostCells)
            .map((cell, index) => (
              <i key={index} class={`cell cell-${cell}`} />
            ))}
        </div>
      ) : (
        <div class="columns" role="img" aria-label={description}>
          {columnsOf(window)
            .slice(-mostCells)
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
