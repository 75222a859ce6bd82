import type { Second } from '../protocol/messages.ts';
import type { StatePeriod } from './console-state.ts';

/** The time that states and charts show, up to now. */
export const spanMs = 180_000;

/** Where a time is on the axis, from 0 at its start to 1 at its end. */
export const fractionOf = (at: number, now: number): number => 1 - (now - at) / spanMs;

/** A period in which the same faults were active. */
export interface FaultBand {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

/** Where more is missing than this, nothing was measured: no page was open. */
export const maxGapMs = 5_000;

export function faultBands(seconds: readonly Second[]): readonly FaultBand[] {
  const bands: FaultBand[] = [];
  let previous: Second | undefined;
  for (const second of seconds) {
    const label = second.faults.join(', ');
    const last = bands.at(-1);
    const isNext = previous !== undefined && second.at - previous.at <= maxGapMs;
    // The faults lasted until they were seen no more.
    if (last !== undefined && last.to === previous?.at && previous.faults.length > 0 && isNext)
      bands[bands.length - 1] = { ...last, to: second.at };
    if (label !== '' && !(isNext && previous?.faults.join(', ') === label)) {
      bands.push({ from: second.at, to: second.at, label });
    }
    previous = second;
  }
  return bands;
}

/** The measurements at a time; `undefined` when there are none. */
export function secondAt(seconds: readonly Second[], at: number): Second | undefined {
  const found = seconds.findLast((second) => second.at <= at);
  return found !== undefined && at - found.at <= maxGapMs ? found : undefined;
}

/** The state at a time; `undefined` when it is not known. */
export function stateAt(periods: readonly StatePeriod[], at: number): StatePeriod['state'] | undefined {
  return periods.find(({ from, to = Infinity }) => from <= at && at < to)?.state;
}

/** The style that places a period on the axis. */
export function placed(
  { from, to = Infinity }: { readonly from: number; readonly to?: number | undefined },
  now: number,
) {
  const left = Math.max(0, fractionOf(from, now)) * 100;
  const right = Math.min(1, fractionOf(Math.min(to, now), now)) * 100;
  return { left: `${left}%`, width: `${Math.max(0.3, right - left)}%` };
}
