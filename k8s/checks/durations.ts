const units = { ms: 0.001, s: 1, m: 60 } as const;

/** Converts `15s` or `500ms` to seconds. @throws Error for anything else */
export function secondsOf(text: string | undefined): number {
  const [, number, unit] = /^(\d+)(ms|s|m)$/.exec(text ?? '') ?? [];
  if (unit === undefined) throw new Error(`${text} is not a duration such as 15s`);
  return Number(number) * units[unit as keyof typeof units];
}
