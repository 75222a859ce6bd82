import { InvalidOptionsError, type OptionFault } from '../core/errors.ts';

/** What is noticed while configuration is read, so that all of it can be told at once. */
export class Findings {
  readonly #faults = new Map<string, OptionFault>();
  readonly #ignored = new Set<string>();

  /** @param option where it stands */
  fault(option: string, given: string, allowed: string): void {
    this.#faults.set(`${option}\n${given}`, { option, given, allowed });
  }

  /** @param what where it stands, and what is the matter when that does not say it */
  ignored(what: string): void {
    this.#ignored.add(what);
  }

  /** At most one text, with all that was ignored. */
  warnings(): readonly string[] {
    if (this.#ignored.size === 0) return [];
    const lines = [...this.#ignored].map((what) => `  - ${what}`);
    return [`Parts of the resilience configuration have no effect here:\n${lines.join('\n')}`];
  }

  /** @throws InvalidOptionsError listing every fault, if there is any */
  throwFaults(): void {
    if (this.#faults.size > 0)
      throw new InvalidOptionsError('The resilience configuration', [...this.#faults.values()]);
  }
}
