import { useState } from 'preact/hooks';
import type { Second } from '../protocol/messages.ts';
import { Charts } from './charts.tsx';
import type { ConsoleState } from './console-state.ts';
import { rate, stateLabels, timeOfDay } from './format.ts';
import { type FaultBand, faultBands, placed, secondAt, spanMs, stateAt } from './time-axis.ts';
import { stateRows, Timeline } from './timeline.tsx';

interface Props {
  readonly seconds: readonly Second[];
  readonly periods: ConsoleState['periods'];
  readonly breakers: readonly string[];
  readonly now: number;
}

/** Faults, states and charts on one time axis, with one cursor: what was the cause, and what its effect. */
export function Time({ seconds, periods, breakers, now }: Props) {
  /** Where the cursor is, from 0 to 1; `undefined` while the page shows the present. */
  const [cursor, setCursor] = useState<number>();
  const at = cursor === undefined ? now : now - (1 - cursor) * spanMs;
  const bands = faultBands(seconds).filter(({ to }) => to > now - spanMs);
  const rows = stateRows(periods, breakers);
  const second = secondAt(seconds, at);
  const isIdle = seconds.every(({ traffic }) => traffic === null || traffic.latencyMs === null);
  const move = (event: PointerEvent & { readonly currentTarget: HTMLElement }): void => {
    const { left, width } = event.currentTarget.querySelector('.time-plot')?.getBoundingClientRect() ?? {
      left: 0,
      width: 0,
    };
    const fraction = (event.clientX - left) / Math.max(1, width);
    setCursor(fraction >= 0 && fraction < 1 ? fraction : undefined);
  };
  return (
    <section class="panel time" aria-labelledby="time">
      <div class="section-head">
        <h2 id="time">Cause and effect</h2>
        <p class="hint time-readout">
          <b>{cursor === undefined ? 'Now' : timeOfDay(at)}</b>
          {second?.faults.length ? ` · ${second.faults.join(', ')}` : ''}
          {isIdle && ' · There were no requests in the last minutes. Start the load.'}
        </p>
        <ul class="legend" aria-hidden="true">
          {(['CLOSED', 'HALF_OPEN', 'OPEN', 'FORCED_OPEN', 'DISABLED'] as const).map((state) => (
            <li key={state}>
              <i class={`swatch fill-${state}`} />
              {stateLabels[state]}
            </li>
          ))}
        </ul>
      </div>
      <div
        class="time-stack"
        onPointerMove={move}
        onPointerDown={move}
        onPointerLeave={({ pointerType }) => {
          if (pointerType === 'mouse') setCursor(undefined);
        }}
      >
        <div class="time-plot" aria-hidden="true">
          {bands.map((band) => (
            <i key={band.from} class="time-band" style={placed(band, now)} />
          ))}
        </div>
        <div class="time-row">
          <span class="time-name">faults</span>
          <div class="time-track" role="img" aria-label={describeFaults(bands, now)}>
            {bands.map((band) => (
              <i
                key={band.from}
                class="fault-bar"
                style={placed(band, now)}
                title={`${band.label} from ${timeOfDay(band.from)}`}
              >
                {band.label}
              </i>
            ))}
          </div>
        </div>
        <Timeline rows={rows} now={now} />
        <Charts seconds={seconds} now={now} second={second} />
        <div class="time-row time-axis">
          <input
            type="range"
            min={0}
            max={spanMs / 1_000}
            value={Math.round((cursor ?? 1) * (spanMs / 1_000))}
            aria-label="Time of the cursor"
            aria-valuetext={describeMoment(at, second, rows)}
            onInput={({ currentTarget }) => {
              const fraction = (Number(currentTarget.value) * 1_000) / spanMs;
              setCursor(fraction >= 1 ? undefined : fraction);
            }}
          />
          <div class="time-ticks hint" aria-hidden="true">
            <span>3 min ago</span>
            <span>2 min</span>
            <span>1 min</span>
            <span>now</span>
          </div>
        </div>
        {cursor !== undefined && (
          <div class="time-over" aria-hidden="true">
            <i class="time-cursor" style={{ left: `${cursor * 100}%` }} />
          </div>
        )}
      </div>
    </section>
  );
}

function describeFaults(bands: readonly FaultBand[], now: number): string {
  const last = bands.at(-1);
  if (last === undefined) return 'No faults in the last minutes';
  const end = last.to >= now ? 'until now' : `until ${timeOfDay(last.to)}`;
  return `Last fault: ${last.label} from ${timeOfDay(last.from)} ${end}`;
}

function describeMoment(at: number, second: Second | undefined, rows: ReturnType<typeof stateRows>): string {
  const states = rows.map(({ name, history }) => {
    const state = stateAt(history, at);
    return `${name} ${state === undefined ? 'unknown' : stateLabels[state].toLowerCase()}`;
  });
  const traffic = second?.traffic
    ? [`${rate(second.traffic.created)} opened, ${rate(second.traffic.failed)} failed`]
    : [];
  return [timeOfDay(at), ...(second?.faults ?? []), ...states, ...traffic].join('; ');
}
