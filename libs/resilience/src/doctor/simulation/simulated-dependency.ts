import type { Clock } from '../../core/clock.ts';
import type { CallContext } from '../../core/policy.ts';
import { wait } from '../../core/wait.ts';
import type { Instance } from '../instance.ts';
import type { Outage, OutagePhase } from './outage.ts';

/** What a simulated dependency fails with. */
export class SimulatedFailure extends Error {
  override readonly name: string = 'SimulatedFailure';
}

/** A dependency that behaves as the outage says. It heeds its signal. */
export class SimulatedDependency {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #outage: Outage;
  readonly #error: Error;
  /** When each call came, from the beginning. */
  readonly callsAtMs: number[] = [];
  #errorCredit = 0;

  constructor(outage: Outage, instance: Instance, clock: Clock) {
    this.#outage = outage;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#error = failureOf(instance);
  }

  async call({ signal }: CallContext): Promise<void> {
    const atMs = this.#clock.now() - this.#startedAt;
    this.callsAtMs.push(atMs);
    const { latencyMs, errorPercentage } = phaseAt(this.#outage, atMs);
    // Exact and the same every time: a share of calls, not a chance.
    this.#errorCredit += errorPercentage;
    const fails = this.#errorCredit >= 100;
    if (fails) this.#errorCredit -= 100;
    await wait(this.#clock, latencyMs, signal);
    if (fails) throw this.#error;
  }
}

export function phaseAt({ phases }: Outage, atMs: number): OutagePhase {
  return phases.findLast((phase) => phase.atMs <= atMs) ?? { atMs: 0, latencyMs: 0, errorPercentage: 0 };
}

/** An error that counts: one of the recorded classes, or else of the retried ones, when the configuration names any. */
function failureOf({ circuitBreaker, retry }: Instance): Error {
  const error = new SimulatedFailure('The simulated dependency failed.');
  const [errorClass] = [...(circuitBreaker?.recordExceptions ?? []), ...(retry?.retryExceptions ?? [])];
  if (errorClass !== undefined) Object.setPrototypeOf(error, errorClass.prototype as object);
  return error;
}
