import type { Clock } from '../clock.ts';

/** A value with its age. */
export interface AgedValue {
  readonly value: unknown;
  /** How long ago it was received, in milliseconds. */
  readonly ageMs: number;
}

/** Marks when a call began, so that of two results the later question's is kept, whichever answer comes last. */
export type Ticket = number;

interface Entry {
  readonly value: unknown;
  readonly receivedAt: number;
  readonly ticket: Ticket;
}

/**
 * The last good value of each key, of a bounded number of keys: beyond it, the least recently used is forgotten. A Map
 * keeps its keys in the order of their insertion, so an entry that is used is taken out and put in again.
 */
export class LastGoodValues {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;
  #capacity: number;
  /** The last key of `#entries`, if it is still there: it need not be taken out to be put last. */
  #newest: string | undefined;
  #lastTicket: Ticket = 0;
  /** Keys that were forgotten, the longest ago first, each with the last call that may be from before. */
  readonly #forgotten = new Map<string, Ticket>();
  /** No call up to this one is believed about any key. */
  #forgottenUntil: Ticket = 0;

  /** @param capacity how many keys are remembered; 1 or more */
  constructor(capacity: number, clock: Clock) {
    this.#capacity = capacity;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** To be taken when a call begins. */
  begin(): Ticket {
    return ++this.#lastTicket;
  }

  /** Keeps the result of the call that began with `ticket`, unless that of a later call is here already. */
  remember(key: string, value: unknown, ticket: Ticket): void {
    if (ticket <= this.#forgottenUntil || ticket <= (this.#forgotten.get(key) ?? 0)) return;
    if (ticket < (this.#entries.get(key)?.ticket ?? 0)) return;
    this.#putLast(key, { value, receivedAt: this.#clock.now(), ticket });
    this.#makeRoom();
  }

  /** Goes on with room for another number of keys. */
  changeCapacity(capacity: number): void {
    this.#capacity = capacity;
    this.#makeRoom();
  }

  /** The value of this key, however old. */
  find(key: string): AgedValue | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#putLast(key, entry);
    return { value: entry.value, ageMs: this.#clock.now() - entry.receivedAt };
  }

  /** Drops one value to make room; a call under way may bring it again. */
  drop(key: string): void {
    this.#entries.delete(key);
  }

  /** Forgets the value of this key. What calls bring of it that are under way now may be from before, and is not kept either. */
  forget(key: string): void {
    this.#entries.delete(key);
    this.#forgotten.delete(key);
    this.#forgotten.set(key, this.#lastTicket);
    this.#makeRoom();
  }

  /** Forgets all values, as `forget` does one. */
  clear(): void {
    this.#entries.clear();
    this.#forgotten.clear();
    this.#forgottenUntil = this.#lastTicket;
  }

  #putLast(key: string, entry: Entry): void {
    if (key !== this.#newest) this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#newest = key;
  }

  #makeRoom(): void {
    if (this.#entries.size > this.#capacity) this.#dropLeastRecentlyUsed();
    if (this.#forgotten.size > this.#capacity) this.#dropLongestForgotten();
  }

  #dropLeastRecentlyUsed(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      if (this.#entries.size <= this.#capacity) return;
    }
  }

  /**
   * Which keys were forgotten takes room as well. Without its mark a key could not be told from others any more: what began
   * before it was forgotten is then kept of none, which costs a value and is never wrong.
   */
  #dropLongestForgotten(): void {
    for (const [key, ticket] of this.#forgotten) {
      this.#forgotten.delete(key);
      this.#forgottenUntil = ticket;
      if (this.#forgotten.size <= this.#capacity) return;
    }
  }
}
