/** What happened when, for who has to find out why a test failed. Prints nothing by itself. */
export class Timeline {
  readonly #startedAt = performance.now();
  readonly #entries: string[] = [];

  /** @param happened a few words */
  note(happened: string): void {
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    this.#entries.push(`${seconds.toFixed(1).padStart(6)} s  ${happened}`);
  }

  /** A line for each entry. */
  toString(): string {
    return this.#entries.join('\n');
  }
}
