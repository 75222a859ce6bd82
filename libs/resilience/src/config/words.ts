/** The entries of a list, which may also be written as text with commas. */
export function wordsIn(value: unknown): readonly string[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : plainText(value).split(',');
  return entries.map((entry) => plainText(entry).trim()).filter((entry) => entry !== '');
}

/** A scalar as it may have been written. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return value === undefined ? '' : JSON.stringify(value);
}

/** A value in a message, so that text can be told from other values. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : plainText(value);
}
