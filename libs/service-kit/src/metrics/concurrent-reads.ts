/** Reads a value once for all callers that wait for it at the same time. Later callers get a new reading. */
export class ConcurrentReads<T> {
  readonly #pending = new Map<string, Promise<T>>();

  /** @param key callers with the same key get the same value */
  share(key: string, read: () => Promise<T>): Promise<T> {
    const pending = this.#pending.get(key);
    if (pending) return pending;
    const reading = read().finally(() => this.#pending.delete(key));
    this.#pending.set(key, reading);
    return reading;
  }
}
