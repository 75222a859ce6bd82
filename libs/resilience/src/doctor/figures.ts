/** A number with as many decimals as say something: at most three. */
export function figure(value: number): string {
  return String(Math.round(value * 1_000) / 1_000);
}

/** A duration in an equation: exact to the millisecond, in one unit, so that the reader can check the sum. */
export function span(durationMs: number): string {
  if (durationMs === 0) return '0 s';
  if (durationMs < 0.001) return `${Math.round(durationMs * 1e6)} ns`;
  return durationMs < 1_000 ? `${figure(durationMs)} ms` : `${figure(durationMs / 1_000)} s`;
}

/** `1 call`, `2 calls`. */
export function count(number: number, thing: string): string {
  return `${figure(number)} ${thing}${number === 1 ? '' : 's'}`;
}

/** `0.5 calls/s`. */
export function perSecond(rate: number): string {
  return `${figure(rate)} calls/s`;
}

/** What rounding errors of a division must not turn into one call more or less. */
const tolerance = 1e-9;

/** The least whole number that is not below; 3.0000000000000004 is 3. */
export function ceiling(value: number): number {
  return Math.ceil(value - tolerance);
}

/** The greatest whole number that is not above; 2.9999999999999996 is 3. */
export function floor(value: number): number {
  return Math.floor(value + tolerance);
}
