/**
 * A length of time: a number of milliseconds, or a string with a unit (`'500ms'`, `'2s'`, `'1m'`, `'1h'`, `'1d'`, also
 * `us` and `ns`) or in ISO 8601 form (`'PT2S'`, `'PT1M30.5S'`, `'P1D'`).
 */
export type Duration = number | string;

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const simple = /^([+-]?\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h|d)?$/i;
const iso8601 =
  /^([+-])?P(?=.)(?:([+-]?\d+)D)?(?:T(?=.)(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:[.,]\d{1,9})?)S)?)?$/i;

/** How a duration may be written, for error messages. */
export const durationForms = "milliseconds, or text such as '500ms', '2s', '1m' or 'PT2S'";

/**
 * The duration in milliseconds, or `undefined` when the value is not a duration. A text without a unit is milliseconds,
 * as in Spring's property files. Negative durations are understood; whether one is allowed is for the caller to say.
 */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;

  const plain = simple.exec(value.trim());
  if (plain) return Number(plain[1]) * (unitsMs[(plain[2] ?? 'ms').toLowerCase()] ?? 1);

  const iso = iso8601.exec(value.trim());
  if (!iso) return undefined;
  const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0'] = iso;
  const totalMs =
    Number(days) * 86_400_000 +
    Number(hours) * 3_600_000 +
    Number(minutes) * 60_000 +
    Number(seconds.replace(',', '.')) * 1_000;
  return sign === '-' ? -totalMs : totalMs;
}

/** A duration as people write it: `850 ms`, `2.5 s`, `1 min 30 s`. */
export function formatDuration(durationMs: number): string {
  if (Math.round(durationMs) < 1_000) return `${Math.round(durationMs)} ms`;
  const tenthsOfSeconds = Math.round(durationMs / 100);
  if (tenthsOfSeconds < 600) return `${tenthsOfSeconds / 10} s`;
  const wholeSeconds = Math.round(durationMs / 1_000);
  const seconds = wholeSeconds % 60;
  const minutes = `${(wholeSeconds - seconds) / 60} min`;
  return seconds === 0 ? minutes : `${minutes} ${seconds} s`;
}
