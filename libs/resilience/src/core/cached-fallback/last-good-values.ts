import type { Clock } from '../clock.ts';

/** A value and its age. */
export interface AgedValue {
  readonly value: unknown;
  /** How long ago it was received, in milliseconds. */
  readonly ageMs: number;
}

/** The number of a call in the order of starts. Of two results, that of the call that started later is kept. */
export type CallNumber = number;

interface Entry {
  readonly value: unknown;
  readonly receivedAt: number;
  readonly callNumber: CallNumber;
}

/**
 * Stores the last good value of each key, for a bounded number of keys; the least recently used one is dropped. A Map
 * keeps its keys in insertion order, so an entry that is used is deleted and inserted again.
 */
export class LastGoodValues {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;
  #capacity: number;
  /** The key that was inserted last. If it is still in `#entries`, it is at the end already. */
  #newest: string | undefined;
  #lastCall: CallNumber = 0;
  /** Forgotten keys, oldest first, each with the last call that started before it was forgotten. */
  readonly #forgotten = new Map<string, CallNumber>();
  /** Results of calls up to this one are stored for no key. */
  #forgottenUntil: CallNumber = 0;

  /** @param capacity the maximum number of keys; at least 1 */
  constructor(capacity: number, clock: Clock) {
    this.#capacity = capacity;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Returns the number of a new call. */
  startCall(): CallNumber {
    return ++this.#lastCall;
  }

  /**
   * Stores the result of a call, unless that of a later call is stored or the key was forgotten since the call started.
   */
  store(key: string, value: unknown, callNumber: CallNumber): void {
    if (callNumber <= this.#forgottenUntil || callNumber <= (this.#forgotten.get(key) ?? 0)) return;
    if (callNumber < (this.#entries.get(key)?.callNumber ?? 0)) return;
    this.#putLast(key, { value, receivedAt: this.#clock.now(), callNumber });
    this.#dropExcess();
  }

  /** Changes the maximum number of keys and drops the excess. */
  changeCapacity(capacity: number): void {
    this.#capacity = capacity;
    this.#dropExcess();
  }

  /** The value of this key, of any age; `undefined` when there is none. */
  find(key: string): AgedValue | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#putLast(key, entry);
    return { value: entry.value, ageMs: this.#clock.now() - entry.receivedAt };
  }

  /** Drops the value of this key. In-flight calls may store a new one. */
  drop(key: string): void {
    this.#entries.delete(key);
  }

  /** Drops the value of this key because it is outdated. Results of in-flight calls are not stored for it either. */
  forget(key: string): void {
    this.#entries.delete(key);
    this.#forgotten.delete(key);
    this.#forgotten.set(key, this.#lastCall);
    this.#dropExcess();
  }

  /** Forgets all keys. */
  clear(): void {
    this.#entries.clear();
    this.#forgotten.clear();
    this.#forgottenUntil = this.#lastCall;
  }

  #putLast(key: string, entry: Entry): void {
    if (key !== this.#newest) this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#newest = key;
  }

  #dropExcess(): void {
    if (this.#entries.size > this.#capacity) this.#dropLeastRecentlyUsed();
    if (this.#forgotten.size > this.#capacity) this.#dropOldestForgotten();
  }

  #dropLeastRecentlyUsed(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      if (this.#entries.size <= this.#capacity) return;
    }
  }

  /**
   * The number of forgotten keys is bounded too. When the oldest is dropped, results of calls that started before it
   * was forgotten are stored for no key: that may lose a good value, but never stores an outdated one.
   */
  #dropOldestForgotten(): void {
    for (const [key, callNumber] of this.#forgotten) {
      this.#forgotten.delete(key);
      this.#forgottenUntil = callNumber;
      if (this.#forgotten.size <= this.#capacity) return;
    }
  }
}
