import type { Clock } from '@breakwater/resilience';
import type { ScrapedMetric } from '@breakwater/service-kit';
import { Logger } from '@nestjs/common';
import type { Exchange, Fault, Next } from './fault.ts';
import { faultList, faultNames, noFaults, showPlan, withGiven } from './fault-list.ts';
import type { AnyDefinition, FaultName, FaultPlan, GivenFaults } from './fault-list.ts';

/** The faults of this process, as they are set. */
export class Faults {
  readonly #logger = new Logger(Faults.name);
  readonly #affected = new Map<FaultName, number>(faultNames.map((name) => [name, 0]));
  readonly #faults: ReadonlyMap<FaultName, Fault<unknown>>;
  #plan = noFaults;

  /** @param random returns a uniformly distributed number from 0 up to, but not including, 1 */
  constructor(clock: Clock, random: () => number, initial: Partial<FaultPlan> = {}) {
    this.#faults = new Map(
      (faultList as readonly AnyDefinition[]).map(({ name, create }) => {
        const count = () => void this.#affected.set(name, this.affected(name) + 1);
        return [name, create({ clock, random, count })];
      }),
    );
    this.#apply({ ...noFaults, ...initial });
  }

  get plan(): FaultPlan {
    return this.#plan;
  }

  /** The faults that can affect requests or probes as they are set. */
  get active(): FaultName[] {
    return faultNames.filter((name) => this.#faults.get(name)?.isActive);
  }

  /** How many requests or probes a fault has affected since the start. */
  affected(name: FaultName): number {
    return this.#affected.get(name) ?? 0;
  }

  /** What a fault reports of its state; undefined when it has nothing to report. */
  report(name: FaultName): object | undefined {
    return this.#faults.get(name)?.report;
  }

  /** The metrics of single faults. */
  get gauges(): ScrapedMetric[] {
    return [...this.#faults.values()].flatMap(({ gauges = [] }) => gauges);
  }

  /**
   * Sets the given faults and turns off all others.
   *
   * @param by what changes them, for the log
   */
  replace(given: GivenFaults, by: string): void {
    this.#set(withGiven(noFaults, given), by);
  }

  /** Sets the given faults; the others stay as they are. */
  change(given: GivenFaults, by: string): void {
    this.#set(withGiven(this.#plan, given), by);
  }

  /**
   * Serves a request with all faults in the order of the list.
   *
   * @returns the result of the work, or a text in its place
   * @throws the problem of a fault, or the signal's reason when it aborts
   */
  async apply<T>(exchange: Exchange, work: () => Promise<T>): Promise<T | string> {
    let next: Next = work;
    for (const fault of this.#faults.values()) {
      const inner = next;
      if (fault.apply) next = async (exchange) => fault.apply?.(exchange, inner);
    }
    return (await next(exchange)) as T | string;
  }

  /** Whether this readiness probe fails. */
  failsProbe(): boolean {
    return [...this.#faults.values()].some((fault) => fault.failsProbe?.());
  }

  /** Ends the requests that faults hold. */
  shutDown(): void {
    for (const fault of this.#faults.values()) fault.shutDown?.();
  }

  #set(plan: FaultPlan, by: string): void {
    this.#apply(plan);
    this.#logger.warn({ faults: showPlan(plan), active: this.active, by }, 'faults changed');
  }

  #apply(plan: FaultPlan): void {
    this.#plan = plan;
    for (const [name, fault] of this.#faults) fault.set(plan[name]);
  }
}
