import type { Fault, Struck } from './fault.ts';

/** A service that says it cannot do its work, and does it. */
export class Unready implements Fault<boolean> {
  #isOn = false;

  constructor(private readonly struck: Struck) {}

  get isActive(): boolean {
    return this.#isOn;
  }

  set(setting: boolean | null): void {
    this.#isOn = setting === true;
  }

  /** Whether to say so this time. */
  strikes(): boolean {
    if (this.#isOn) this.struck();
    return this.#isOn;
  }
}
