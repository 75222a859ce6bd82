import type { ConsoleState, Stay } from '../state/console-state.ts';
import { stateWords, timeOfDay } from '../state/wording.ts';

/** How far back it goes. */
const spanMs = 180_000;

interface Props {
  readonly stays: ConsoleState['stays'];
  readonly breakers: readonly string[];
  readonly now: number;
}

/** In which state each circuit breaker was, replica below replica. */
export function Timeline({ stays, breakers, now }: Props) {
  const rows = breakers.flatMap((breaker) =>
    Object.entries(stays[breaker] ?? {})
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([replica, its]) => ({ breaker, replica, its })),
  );
  return (
    <section aria-labelledby="timeline">
      <div class="section-head">
        <h2 id="timeline">States</h2>
        <ul class="legend" aria-hidden="true">
          {(['CLOSED', 'HALF_OPEN', 'OPEN', 'DISABLED'] as const).map((state) => (
            <li key={state}>
              <i class={`swatch fill-${state}`} />
              {stateWords[state]}
            </li>
          ))}
        </ul>
      </div>
      <div class="panel">
        {rows.map(({ breaker, replica, its }) => (
          <div class="timeline-row" key={`${breaker} ${replica}`}>
            <span class="timeline-name">{breakers.length > 1 ? `${breaker} · ${replica}` : replica}</span>
            <div class="timeline-track" role="img" aria-label={describe(replica, its)}>
              {its.map((stay) => (
                <Bar key={stay.from} stay={stay} now={now} />
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

function Bar({ stay: { state, from, to = Infinity }, now }: { readonly stay: Stay; readonly now: number }) {
  const begin = now - spanMs;
  if (to < begin) return null;
  const left = ((Math.max(from, begin) - begin) / spanMs) * 100;
  const right = ((Math.min(to, now) - begin) / spanMs) * 100;
  return (
    <i
      class={`bar fill-${state}`}
      style={{ left: `${left}%`, width: `${Math.max(0.2, right - left)}%` }}
      title={`${stateWords[state]} from ${timeOfDay(from)}`}
    />
  );
}

function describe(replica: string, stays: readonly Stay[]): string {
  const last = stays.at(-1);
  return last === undefined ? replica : `${replica} is ${stateWords[last.state]} since ${timeOfDay(last.from)}`;
}
