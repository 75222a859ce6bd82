import type { Clock } from '@breakwater/resilience';
import { Logger } from '@nestjs/common';
import { Capacity } from './capacity.ts';
import { faultNames, healthy, showPlan, withGiven, type FaultName, type FaultPlan } from './fault-plan.ts';
import type { Exchange, Fault, Random } from './fault.ts';
import type { GivenFaults } from './faults.schema.ts';
import { Hang } from './hang.ts';
import { InjectedCounts } from './injected-counts.ts';
import { InjectedErrors } from './injected-errors.ts';
import { Latency } from './latency.ts';
import { Malformed } from './malformed.ts';
import { Reset } from './reset.ts';
import { Unready } from './unready.ts';

/** A request that faults may strike. */
export interface Call {
  readonly exchange: Exchange;
  /** Is aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** All that is wrong with this process on purpose, and the order in which it strikes. */
export class Faults {
  readonly #logger = new Logger(Faults.name);
  readonly #counts = new InjectedCounts();
  #plan = healthy;

  readonly latency: Latency;
  readonly errors: InjectedErrors;
  readonly hang: Hang;
  readonly reset: Reset;
  readonly malformed: Malformed;
  readonly unready = new Unready(this.#counts.counterOf('unready'));
  readonly capacity = new Capacity(this.#counts.counterOf('capacity'));

  constructor(clock: Clock, random: Random, initial: Partial<FaultPlan> = {}) {
    this.latency = new Latency(clock, random, this.#counts.counterOf('latency'));
    this.errors = new InjectedErrors(clock, random, this.#counts.counterOf('errors'));
    this.hang = new Hang(random, this.#counts.counterOf('hang'));
    this.reset = new Reset(random, this.#counts.counterOf('reset'));
    this.malformed = new Malformed(random, this.#counts.counterOf('malformed'));
    this.#apply({ ...healthy, ...initial });
  }

  get plan(): FaultPlan {
    return this.#plan;
  }

  /** The faults that can strike as they are set. */
  get active(): FaultName[] {
    return faultNames.filter((name) => this[name].isActive);
  }

  /** How often a fault has struck since the start. */
  injected(name: FaultName): number {
    return this.#counts.of(name);
  }

  /**
   * Sets all faults; what isn't given is healthy.
   *
   * @param by who wanted it, for the log
   */
  replace(given: GivenFaults, by: string): void {
    this.#set(withGiven(healthy, given), by);
  }

  /** Sets the faults that are given; the others stay as they are. */
  change(given: GivenFaults, by: string): void {
    this.#set(withGiven(this.#plan, given), by);
  }

  /**
   * Does the work for a request as a service with these faults would: a reset, then a hang, then the queue, then the
   * latency, then an error.
   *
   * @throws what the faults answer with, and the signal's reason when it is aborted
   */
  async strike<T>({ exchange, signal }: Call, work: () => Promise<T>): Promise<T> {
    this.reset.strike(exchange);
    await this.hang.strike(exchange);
    const result = await this.capacity.hold(signal, async (signal) => {
      // At the same time, so that the latency is what a caller sees, and not the latency and then some.
      const [found] = await Promise.all([work(), this.latency.wait(signal)]);
      return found;
    });
    this.errors.strike();
    return result;
  }

  #set(plan: FaultPlan, by: string): void {
    this.#apply(plan);
    this.#logger.warn({ faults: showPlan(plan), active: this.active, by }, 'faults changed');
  }

  #apply(plan: FaultPlan): void {
    this.#plan = plan;
    for (const name of faultNames) (this[name] as Fault<unknown>).set(plan[name]);
  }
}
