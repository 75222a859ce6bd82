const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

type Unit = keyof typeof unitMs;

/** In each, the units are the names of the groups that hold an amount. */
const notations = [
  /^(?:(?<ms>\d+(?:\.\d+)?)(?:ms)?|(?<s>\d+(?:\.\d+)?)s|(?<m>\d+(?:\.\d+)?)m|(?<h>\d+(?:\.\d+)?)h)$/,
  /^PT(?=\d)(?:(?<h>\d+)H)?(?:(?<m>\d+)M)?(?:(?<s>\d+(?:\.\d+)?)S)?$/,
];

/**
 * Reads a duration: `500ms`, `2s`, `1.5s`, `1m`, `1h`, `PT2S`, or a plain number of milliseconds.
 *
 * @returns milliseconds, or undefined when the text isn't a duration
 */
export function parseDuration(text: string): number | undefined {
  for (const notation of notations) {
    const amounts: Partial<Record<Unit, string>> | undefined = notation.exec(text)?.groups;
    if (amounts)
      return (['h', 'm', 's', 'ms'] as const).reduce((sum, unit) => sum + Number(amounts[unit] ?? 0) * unitMs[unit], 0);
  }
  return undefined;
}

/** Writes milliseconds the way they are read: `2s` rather than `2000ms`, where nothing is lost by it. */
export function formatDuration(ms: number): string {
  return ms > 0 && ms % unitMs.s === 0 ? `${ms / unitMs.s}s` : `${ms}ms`;
}
