const secondsByUnit: Readonly<Record<string, number>> = { s: 1, sec: 1, m: 60, min: 60, h: 3_600 };

/** Calls a second of `0.5/s`, `30/min` or `1000/h`; a plain number is calls a second. `undefined` when it is not above 0. */
export function parseRate(value: unknown): number | undefined {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(?:\/\s*(s|sec|m|min|h))?$/.exec(String(value).trim()) ?? [];
  const rate = Number(number) / (secondsByUnit[unit] ?? 1);
  return Number.isFinite(rate) && rate > 0 ? rate : undefined;
}
