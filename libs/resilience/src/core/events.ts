import type { Clock } from './clock.ts';
import { isError } from './error-matcher.ts';
import { propertyOf, textOf } from './errors.ts';
import { isPromise } from './platform.ts';

/** The fields that every event of every policy has. */
export interface PolicyEvent {
  readonly type: string;
  /** Milliseconds since the Unix epoch. */
  readonly creationTime: number;
}

/** A policy's events by type. */
export type EventMap = Readonly<Record<string, PolicyEvent>>;

export type Listener<E> = (event: E) => unknown;
export type Unsubscribe = () => void;

/** Stops several listeners. */
export function joinUnsubscribes(unsubscribes: readonly Unsubscribe[]): Unsubscribe {
  return () => {
    for (const unsubscribe of unsubscribes) unsubscribe();
  };
}

interface Subscription {
  /** `undefined` for all types. */
  readonly type: PropertyKey | undefined;
  readonly listener: Listener<never>;
}

const noSubscriptions: readonly Subscription[] = [];

/**
 * Delivers events to listeners. A listener never steers: one that throws or rejects affects neither the call nor other
 * listeners, and its error becomes a process warning.
 */
export class EventEmitter<M extends EventMap> {
  /** Replaced, never changed in place, so that a listener can subscribe or unsubscribe while an event is delivered. */
  #subscriptions: readonly Subscription[] = noSubscriptions;

  /** Calls `listener` for each event of this type until the returned function is called. */
  on<K extends keyof M>(type: K, listener: Listener<M[K]>): Unsubscribe {
    return this.#subscribe({ type, listener });
  }

  /** Calls `listener` for each event of any type until the returned function is called. */
  onEvent(listener: Listener<M[keyof M]>): Unsubscribe {
    return this.#subscribe({ type: undefined, listener });
  }

  hasListener(type: keyof M): boolean {
    for (const subscription of this.#subscriptions) {
      if (subscription.type === undefined || subscription.type === type) return true;
    }
    return false;
  }

  emit<K extends keyof M>(event: M[K] & { readonly type: K }): void {
    for (const { type, listener } of this.#subscriptions) {
      if (type === undefined || type === event.type) deliver(listener, event);
    }
  }

  #subscribe(subscription: Subscription): Unsubscribe {
    this.#subscriptions = [...this.#subscriptions, subscription];
    return () => {
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    };
  }
}

/**
 * The fields of an event that the policy adds to those that all its events share. `N` names the policy's name field.
 */
export type EventDetails<E extends PolicyEvent, N extends string> = Omit<E, keyof PolicyEvent | N>;

/** The details of an event, or a function that creates them, which is only called if the event is created. */
export type LazyEventDetails<E extends PolicyEvent, N extends string> = EventDetails<E, N> | (() => EventDetails<E, N>);

/**
 * Delivers the events of a policy and buffers the most recent ones. A policy extends this class and calls `emit`.
 *
 * `N` is the field of each event that contains the policy's name, e.g. `bulkheadName`.
 */
export class EventPublisher<M extends EventMap, N extends string> {
  readonly #emitter = new EventEmitter<M>();
  readonly #nameField: N;
  readonly #name: string;
  readonly #clock: Pick<Clock, 'now'>;
  #buffer: EventBuffer<M[keyof M]> | undefined;

  /**
   * @param nameField the field of each event that contains the policy's name
   * @param name the policy's name
   * @param clock the source of `creationTime`
   * @param bufferSize the number of recent events that `bufferedEvents` returns; 0 for none
   */
  constructor(nameField: N, name: string, clock: Pick<Clock, 'now'>, bufferSize: number) {
    this.#nameField = nameField;
    this.#name = name;
    this.#clock = clock;
    this.changeBufferSize(bufferSize);
  }

  /** Calls `listener` for each event of this type, until the returned function is called. It cannot affect a call. */
  on<K extends keyof M>(type: K, listener: Listener<M[K]>): Unsubscribe {
    return this.#emitter.on(type, listener);
  }

  /** Calls `listener` for each event of any type, until the returned function is called. It cannot affect a call. */
  onEvent(listener: Listener<M[keyof M]>): Unsubscribe {
    return this.#emitter.onEvent(listener);
  }

  /** The last `eventConsumerBufferSize` events, oldest first. */
  bufferedEvents(): readonly M[keyof M][] {
    return this.#buffer?.toArray() ?? [];
  }

  /** Keeps as many of the buffered events as the new size allows. */
  protected changeBufferSize(bufferSize: number): void {
    const kept = this.bufferedEvents();
    this.#buffer = bufferSize === 0 ? undefined : new EventBuffer<M[keyof M]>(bufferSize);
    for (const event of kept) this.#buffer?.push(event);
  }

  /**
   * Buffers the event and delivers it to its listeners. Without a buffer and without a listener no event is created.
   *
   * @param details the fields of this type of event, or a function that returns them
   * @param creationTime read from the clock by default
   */
  protected emit<K extends keyof M & string>(type: K, details: LazyEventDetails<M[K], N>, creationTime?: number): void {
    if (this.#buffer === undefined && !this.#emitter.hasListener(type)) return;
    const fields = typeof details === 'function' ? details() : details;
    const own = { type, creationTime: creationTime ?? this.#clock.now(), [this.#nameField]: this.#name };
    const event = { ...fields, ...own } as unknown as M[K] & { readonly type: K };
    this.#buffer?.push(event);
    this.#emitter.emit<K>(event);
  }
}

/** The most recent events, oldest first: a ring that overwrites its oldest entry. */
export class EventBuffer<E> {
  readonly #ring: E[] = [];
  readonly #capacity: number;
  #next = 0;

  /** @param capacity the number of events that are kept; at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(event: E): void {
    this.#ring[this.#next] = event;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  toArray(): E[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
  }
}

function deliver(listener: Listener<never>, event: PolicyEvent): void {
  try {
    const result = (listener as Listener<PolicyEvent>)(event);
    if (isPromise(result)) result.catch((error: unknown) => warnOfListener(event, error));
  } catch (error) {
    warnOfListener(event, error);
  }
}

function warnOfListener({ type }: PolicyEvent, error: unknown): void {
  warn('ResilienceListenerWarning', `A listener of ${type} events failed. The call is not affected.`, error);
}

/**
 * Emits a process warning for an error that must not affect a call.
 *
 * @param type the name of the warning, to filter by
 */
export function warn(type: string, message: string, error?: unknown): void {
  const stack = isError(error) ? propertyOf(error, 'stack') : undefined;
  const detail = typeof stack === 'string' ? stack : textOf(error);
  if (typeof process === 'undefined') return;
  process.emitWarning(message, { type, ...(error !== undefined && { detail }) });
}
