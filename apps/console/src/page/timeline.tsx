import type { ConsoleState, StatePeriod } from './console-state.ts';
import { stateLabels, timeOfDay } from './format.ts';

const spanMs = 180_000;

interface Props {
  readonly periods: ConsoleState['periods'];
  readonly breakers: readonly string[];
  readonly now: number;
}

/** The states of each circuit breaker in the last minutes, one row per replica. */
export function Timeline({ periods, breakers, now }: Props) {
  const rows = breakers.flatMap((breaker) =>
    Object.entries(periods[breaker] ?? {})
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([replica, history]) => ({ breaker, replica, history })),
  );
  return (
    <section aria-labelledby="timeline">
      <div class="section-head">
        <h2 id="timeline">States</h2>
        <ul class="legend" aria-hidden="true">
          {(['CLOSED', 'HALF_OPEN', 'OPEN', 'DISABLED'] as const).map((state) => (
            <li key={state}>
              <i class={`swatch fill-${state}`} />
              {stateLabels[state]}
            </li>
          ))}
        </ul>
      </div>
      <div class="panel">
        {rows.map(({ breaker, replica, history }) => (
          <div class="timeline-row" key={`${breaker} ${replica}`}>
            <span class="timeline-name">{breakers.length > 1 ? `${breaker} · ${replica}` : replica}</span>
            <div class="timeline-track" role="img" aria-label={describe(replica, history)}>
              {history.map((period) => (
                <Bar key={`${period.from} ${period.state}`} period={period} now={now} />
              ))}
            </div>
          </div>
        ))}
        <div class="timeline-axis hint" aria-hidden="true">
          <span>3 min ago</span>
          <span>2 min</span>
          <span>1 min</span>
          <span>now</span>
        </div>
      </div>
    </section>
  );
}

function Bar({ period: { state, from, to = Infinity }, now }: { readonly period: StatePeriod; readonly now: number }) {
  const start = now - spanMs;
  if (to < start) return null;
  const left = ((Math.max(from, start) - start) / spanMs) * 100;
  const right = ((Math.min(to, now) - start) / spanMs) * 100;
  return (
    <i
      class={`bar fill-${state}`}
      style={{ left: `${left}%`, width: `${Math.max(0.2, right - left)}%` }}
      title={`${stateLabels[state]} from ${timeOfDay(from)}`}
    />
  );
}

function describe(replica: string, history: readonly StatePeriod[]): string {
  const last = history.at(-1);
  return last === undefined ? replica : `${replica}: ${stateLabels[last.state]} since ${timeOfDay(last.from)}`;
}
