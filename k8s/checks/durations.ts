const units = { ms: 0.001, s: 1, m: 60 } as const;

/** `15s` and `500ms` in seconds. @throws Error for anything else */
export function secondsOf(text: string | undefined): number {
  const [, number, unit] = /^(\d+)(ms|s|m)$/.exec(text ?? '') ?? [];
  if (unit === undefined) throw new Error(`${text} is no duration such as 15s`);
  return Number(number) * units[unit as keyof typeof units];
}
