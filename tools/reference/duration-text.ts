const unitsMs = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 1e-3 } as const;

/** Milliseconds as a file has them, in the longest unit that leaves a whole number; one minute stays 60 seconds. */
export function durationText(durationMs: number): string {
  if (durationMs === 0) return '0';
  const fits = ([unit, unitMs]: readonly [string, number]): boolean =>
    durationMs % unitMs === 0 && (durationMs > unitMs || !['h', 'm'].includes(unit));
  const [unit, unitMs] = Object.entries(unitsMs).find(fits) ?? ['ns', 1e-6];
  return `${Math.round(durationMs / unitMs)}${unit}`;
}
