/**
 * A length of time: a number of milliseconds, or a string with a unit (`'500ms'`, `'2s'`, `'1m'`, `'1h'`, `'1d'`, also
 * `us` and `ns`) or in ISO 8601 form (`'PT2S'`, `'PT1M30.5S'`, `'P1D'`).
 */
export type Duration = number | string;

const unitsMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 1e-3, ns: 1e-6 } as const;

type Unit = keyof typeof unitsMs;

const simple = /^([+-]?\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h|d)?$/i;
const iso8601 =
  /^([+-])?P(?=.)(?:([+-]?\d+)D)?(?:T(?=.)(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:[.,]\d+)?)S)?)?$/i;

/** How a duration may be written, for error messages. */
export const durationForms = "milliseconds, or text such as '500ms', '2s', '1m' or 'PT2S'";

/**
 * Reads a duration. Text without a unit is milliseconds, as in Spring's property files. Negative durations are
 * accepted; the caller checks the range.
 *
 * @returns milliseconds, or `undefined` when the value is not a duration
 */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;

  const ms = millisecondsIn(value.trim());
  // Hundreds of digits are more than a number can be.
  return Number.isFinite(ms) ? ms : undefined;
}

function millisecondsIn(text: string): number | undefined {
  const plain = simple.exec(text);
  if (plain) return Number(plain[1]) * unitsMs[(plain[2] ?? 'ms').toLowerCase() as Unit];

  const iso = iso8601.exec(text);
  if (!iso) return undefined;
  const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0'] = iso;
  const totalMs =
    Number(days) * unitsMs.d +
    Number(hours) * unitsMs.h +
    Number(minutes) * unitsMs.m +
    Number(seconds.replace(',', '.')) * unitsMs.s;
  return sign === '-' ? -totalMs : totalMs;
}

/**
 * Writes a duration so that `parseDuration` reads it: `2s` instead of `2000ms` where nothing is lost.
 *
 * @param longestUnit the longest unit to use; seconds by default
 */
export function durationText(durationMs: number, longestUnit: 'd' | 'h' | 'm' | 's' = 's'): string {
  if (durationMs > 0 && durationMs < unitsMs.us) return `${Math.round(durationMs / unitsMs.ns)}ns`;
  const units = (['d', 'h', 'm', 's'] as const).filter((unit) => unitsMs[unit] <= unitsMs[longestUnit]);
  const whole = units.find((unit) => durationMs !== 0 && durationMs % unitsMs[unit] === 0);
  return whole === undefined ? `${durationMs}ms` : `${durationMs / unitsMs[whole]}${whole}`;
}

/** Writes a duration for people: `850 ms`, `2.5 s`, `1 min 30 s`. */
export function formatDuration(durationMs: number): string {
  if (Math.round(durationMs) < 1_000) return `${Math.round(durationMs)} ms`;
  const tenthsOfSeconds = Math.round(durationMs / 100);
  if (tenthsOfSeconds < 600) return `${tenthsOfSeconds / 10} s`;
  const wholeSeconds = Math.round(durationMs / 1_000);
  const seconds = wholeSeconds % 60;
  const minutes = `${(wholeSeconds - seconds) / 60} min`;
  return seconds === 0 ? minutes : `${minutes} ${seconds} s`;
}
