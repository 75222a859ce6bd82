import { type Cancel, type Clock, scheduleInBackground } from './clock.ts';
import type { Duration } from './duration.ts';
import { warn } from './events.ts';
import { duration, OptionSchema, wholeNumber } from './options.ts';
import type { Usage } from './usage.ts';

/** Limits the instances that a registry creates for names which no definition declares, such as the names of tenants. */
export interface DynamicInstanceOptions {
  /** The most such instances. From 1 to 1,000,000; 1,000 by default. */
  readonly maxInstances?: number;
  /** Removes such an instance when it has not been used for this long. At least 1 ms; 1 h by default. */
  readonly idleExpiry?: Duration;
}

const dynamicInstanceOptions = new OptionSchema({
  maxInstances: wholeNumber(1_000, { min: 1, max: 1_000_000 }),
  idleExpiry: duration(3_600_000, { min: 1 }),
});

/** The name of the instance that calls share when a registry can create no other. */
export const sharedInstanceName = 'other';

interface Use {
  lastUsedAt: number;
  /** The activity of the instance at that time. */
  activity: number;
}

/** Where the instances of dynamic names are created and removed: a registry. */
interface Owner<P> {
  readonly label: string;
  readonly clock: Clock;
  find(name: string): P | undefined;
  /** Whether later calls can do without the state of the instance. */
  isRemovable(instance: P): boolean;
  remove(name: string): void;
}

/**
 * Keeps the number of instances with dynamic names bounded. The least recently used one is removed first; one with in-flight
 * calls, or with state that its next call needs, is kept.
 */
export class DynamicInstances<P extends { readonly usage?: Usage }> {
  readonly #owner: Owner<P>;
  readonly #maxInstances: number;
  readonly #idleExpiryMs: number;
  /** By name, the least recently used first. */
  readonly #uses = new Map<string, Use>();
  #cancelExpiry: Cancel | undefined;
  #hasWarned = false;

  /** @throws InvalidOptionsError listing every fault */
  constructor(owner: Owner<P>, options: DynamicInstanceOptions = {}) {
    const config = dynamicInstanceOptions.resolve(`The dynamic instances of ${owner.label}`, options);
    this.#owner = owner;
    this.#maxInstances = config.maxInstances;
    this.#idleExpiryMs = config.idleExpiry;
  }

  /** Records that an instance was looked up. */
  touch(name: string): void {
    const use = this.#uses.get(name);
    if (use !== undefined) this.#markUsed(name, use);
  }

  /** Makes room for one more instance. Returns whether it may be created. */
  admit(): boolean {
    if (this.#uses.size >= this.#maxInstances) this.#removeLeastRecentlyUsed();
    // A listener to the removal may have created another instance.
    if (this.#uses.size < this.#maxInstances) return true;
    this.#warnOnce();
    return false;
  }

  /** Records a new instance. */
  add(name: string): void {
    this.#uses.set(name, { lastUsedAt: this.#owner.clock.now(), activity: this.#activityOf(name) });
    if (this.#cancelExpiry === undefined) this.#scheduleExpiry(this.#idleExpiryMs);
  }

  /** Forgets an instance that has been removed or declared. */
  delete(name: string): void {
    this.#uses.delete(name);
    if (this.#uses.size === 0) this.#stopExpiry();
  }

  /** Removes one instance, if one can be removed. */
  #removeLeastRecentlyUsed(): void {
    // One that was used since its last lookup moves to the end of the map, so that the loop reaches it again, after all
    // others: it can be removed too, because it may be idle by now.
    for (const [name, use] of this.#uses) {
      if (this.#wasUsed(name, use)) this.#markUsed(name, use);
      else if (this.#isRemovable(name)) return this.#owner.remove(name);
    }
  }

  #removeIdle(): void {
    const now = this.#owner.clock.now();
    const dueInMs = ({ lastUsedAt }: Use): number => lastUsedAt + this.#idleExpiryMs - now;
    const uses = [...this.#uses];
    for (const [name, use] of uses) {
      if (this.#wasUsed(name, use)) this.#markUsed(name, use);
      else if (dueInMs(use) <= 0 && this.#isRemovable(name)) this.#owner.remove(name);
    }
    if (this.#uses.size === 0) return;
    // An instance that is due but not removable is looked at again after a whole period.
    const waits = [...this.#uses.values()].map(dueInMs).filter((waitMs) => waitMs > 0);
    this.#scheduleExpiry(Math.min(this.#idleExpiryMs, ...waits));
  }

  #scheduleExpiry(delayMs: number): void {
    this.#stopExpiry();
    this.#cancelExpiry = scheduleInBackground(this.#owner.clock, delayMs, () => this.#removeIdle());
  }

  #stopExpiry(): void {
    this.#cancelExpiry?.();
    this.#cancelExpiry = undefined;
  }

  #warnOnce(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { label } = this.#owner;
    const message =
      `There are ${this.#maxInstances} instances of ${label} with names that no configuration declares, and all are in ` +
      `use. Calls with further names share the instance '${sharedInstanceName}'. Declare the names or raise maxInstances.`;
    warn('ResilienceRegistryWarning', message);
  }

  /** Whether the instance has been used since it was last looked up, e.g. by a caller that holds it. */
  #wasUsed(name: string, { activity }: Use): boolean {
    return this.#activityOf(name) !== activity;
  }

  #markUsed(name: string, use: Use): void {
    use.lastUsedAt = this.#owner.clock.now();
    use.activity = this.#activityOf(name);
    this.#uses.delete(name);
    this.#uses.set(name, use);
  }

  #activityOf(name: string): number {
    return this.#owner.find(name)?.usage?.activity ?? 0;
  }

  #isRemovable(name: string): boolean {
    const instance = this.#owner.find(name);
    return instance === undefined || ((instance.usage?.inFlightCalls ?? 0) === 0 && this.#owner.isRemovable(instance));
  }
}
