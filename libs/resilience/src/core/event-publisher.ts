import { EventBuffer } from './event-buffer.ts';
import { EventEmitter, type EventMap, type Listener, type Unsubscribe } from './events.ts';

/** What every policy offers to those who want to know what it does: its events as they happen, and the last of them. */
export class EventPublisher<M extends EventMap> {
  readonly #emitter = new EventEmitter<M>();
  #buffer: EventBuffer<M[keyof M]> | undefined;

  /** @param bufferSize how many of the last events `bufferedEvents` keeps; 0 keeps none */
  constructor(bufferSize: number) {
    this.changeBufferSize(bufferSize);
  }

  /** Calls `listener` for each event of this type; it cannot hurt a call. Returns what ends it. */
  on<K extends keyof M>(type: K, listener: Listener<M[K]>): Unsubscribe {
    return this.#emitter.on(type, listener);
  }

  /** Calls `listener` for each event, whatever its type; it cannot hurt a call. Returns what ends it. */
  onEvent(listener: Listener<M[keyof M]>): Unsubscribe {
    return this.#emitter.onAny(listener);
  }

  /** The last `eventConsumerBufferSize` events, oldest first. */
  bufferedEvents(): readonly M[keyof M][] {
    return this.#buffer?.toArray() ?? [];
  }

  /** Keeps as many of the last events as the new buffer holds. */
  protected changeBufferSize(bufferSize: number): void {
    const kept = this.bufferedEvents();
    this.#buffer = bufferSize === 0 ? undefined : new EventBuffer<M[keyof M]>(bufferSize);
    for (const event of kept) this.#buffer?.push(event);
  }

  /** Whether it is kept or anybody listens; lets a policy spare the making of an event that nobody hears. */
  protected hears(type: keyof M): boolean {
    return this.#buffer !== undefined || this.#emitter.hears(type);
  }

  protected emit<K extends keyof M>(event: M[K] & { readonly type: K }): void {
    this.#buffer?.push(event);
    this.#emitter.emit<K>(event);
  }
}
