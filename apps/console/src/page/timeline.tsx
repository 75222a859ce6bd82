import type { ConsoleState, StatePeriod } from './console-state.ts';
import { stateLabels, timeOfDay } from './format.ts';
import { placed, spanMs } from './time-axis.ts';

/** The history of a circuit breaker on one replica. */
export interface StateRow {
  readonly name: string;
  readonly history: readonly StatePeriod[];
}

export function stateRows(periods: ConsoleState['periods'], breakers: readonly string[]): readonly StateRow[] {
  return breakers.flatMap((breaker) =>
    Object.entries(periods[breaker] ?? {})
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([replica, history]) => ({ name: breakers.length > 1 ? `${replica} · ${breaker}` : replica, history })),
  );
}

/** The states of each circuit breaker in the last minutes, one row per replica. */
export function Timeline({ rows, now }: { readonly rows: readonly StateRow[]; readonly now: number }) {
  return (
    <>
      {rows.map(({ name, history }) => (
        <div class="time-row" key={name}>
          <span class="time-name">{name}</span>
          <div class="time-track" role="img" aria-label={describe(name, history)}>
            {history
              .filter(({ to = Infinity }) => to > now - spanMs)
              .map((period) => (
                <i
                  key={`${period.from} ${period.state}`}
                  class={`bar fill-${period.state}`}
                  style={placed(period, now)}
                  title={`${stateLabels[period.state]} from ${timeOfDay(period.from)}`}
                />
              ))}
          </div>
        </div>
      ))}
    </>
  );
}

function describe(name: string, history: readonly StatePeriod[]): string {
  const last = history.at(-1);
  if (last === undefined) return name;
  if (last.to !== undefined) return `${name}: unknown since ${timeOfDay(last.to)}`;
  return `${name}: ${stateLabels[last.state]} since ${timeOfDay(last.from)}`;
}
