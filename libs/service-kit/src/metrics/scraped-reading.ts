/** The longest that a scrape waits for a value. */
const timeoutMs = 1_000;
/** How long one reading serves all scrapes. */
const ttlMs = 1_000;

/** A value that is read when the metrics are scraped: at most once a second, for at most a second. */
export class ScrapedReading<T> {
  readonly #read: () => Promise<T>;
  #latest: { readonly readAt: number; readonly value: Promise<T | undefined> } | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Undefined when the reading fails or takes too long. Other users of the source log the reason. */
  value(): Promise<T | undefined> {
    const now = performance.now();
    if (this.#latest === undefined || now - this.#latest.readAt >= ttlMs)
      this.#latest = { readAt: now, value: inTime(this.#read()) };
    return this.#latest.value;
  }
}

async function inTime<T>(reading: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), timeoutMs);
  try {
    return await Promise.race([reading, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
