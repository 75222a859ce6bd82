import type { StateName } from '../../protocol/messages.ts';

/** States for people, in Resilience4j's words. */
export const stateWords: Readonly<Record<StateName, string>> = {
  CLOSED: 'Closed',
  OPEN: 'Open',
  HALF_OPEN: 'Half-open',
  FORCED_OPEN: 'Forced open',
  DISABLED: 'Disabled',
  METRICS_ONLY: 'Metrics only',
};

/** What a state means for calls. */
export const stateMeanings: Readonly<Record<StateName, string>> = {
  CLOSED: 'calls pass and are judged',
  OPEN: 'calls are refused',
  HALF_OPEN: 'a few calls pass on trial',
  FORCED_OPEN: 'calls are refused until told otherwise',
  DISABLED: 'calls pass and nobody judges them',
  METRICS_ONLY: 'calls pass and are only counted',
};

/** `80 %`, or a dash while there are too few calls to tell. */
export function percent(rate: number): string {
  return rate < 0 ? '–' : `${Number(rate.toFixed(1))} %`;
}

/** `850 ms`, `4.2 s`, `3 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** Requests a second. */
export function rate(perSecond: number): string {
  return `${Number(perSecond.toFixed(1))}/s`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `14:03:59`, by the clock of whoever looks. */
export function timeOfDay(at: number): string {
  return clock.format(at);
}
