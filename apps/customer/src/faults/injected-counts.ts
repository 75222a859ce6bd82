import { faultNames, type FaultName } from './fault-plan.ts';

/** How often each fault has struck since the start of the process. */
export class InjectedCounts {
  readonly #counts = new Map<FaultName, number>(faultNames.map((name) => [name, 0]));

  /** What counts one fault. */
  counterOf(name: FaultName): () => void {
    return () => void this.#counts.set(name, this.of(name) + 1);
  }

  of(name: FaultName): number {
    return this.#counts.get(name) ?? 0;
  }
}
