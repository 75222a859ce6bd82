import type { StateName } from '@breakwater/resilience/actuator';

export const stateLabels: Readonly<Record<StateName, string>> = {
  CLOSED: 'Closed',
  OPEN: 'Open',
  HALF_OPEN: 'Half-open',
  FORCED_OPEN: 'Forced open',
  DISABLED: 'Disabled',
  METRICS_ONLY: 'Metrics only',
};

/** What a state means for calls. */
export const stateMeanings: Readonly<Record<StateName, string>> = {
  CLOSED: 'calls are permitted and recorded',
  OPEN: 'calls are rejected',
  HALF_OPEN: 'trial calls are permitted',
  FORCED_OPEN: 'calls are rejected until an operator changes the state',
  DISABLED: 'calls are permitted and not recorded',
  METRICS_ONLY: 'calls are permitted and only recorded',
};

/** `80 %`, or a dash for -1: too few calls for a rate. */
export const percent = (rate: number): string => (rate < 0 ? '–' : `${Number(rate.toFixed(1))} %`);

/** `850 ms`, `4.2 s`, `3 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

/** Requests per second: `12.5/s`. */
export const rate = (perSecond: number): string => `${Number(perSecond.toFixed(1))}/s`;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `14:03:59`, in the time zone of the browser. */
export const timeOfDay = (at: number): string => clock.format(at);
