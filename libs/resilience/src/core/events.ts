import { warn } from './warning.ts';

/** What every event of every policy tells. */
export interface PolicyEvent {
  readonly type: string;
  /** When it happened, in milliseconds since the Unix epoch. */
  readonly creationTime: number;
}

/** A policy's events by type. */
export type EventMap = Readonly<Record<string, PolicyEvent>>;

export type Listener<E> = (event: E) => unknown;
export type Unsubscribe = () => void;

type AnyListener = Listener<never>;

const nobody: readonly AnyListener[] = [];

/**
 * Events tell, they never steer: with no listener attached a policy behaves the same, and a listener that throws or
 * rejects cannot hurt a call. Its error is shown as a process warning instead.
 */
export class EventEmitter<M extends EventMap> {
  #byType: Map<keyof M, readonly AnyListener[]> | undefined;
  #all: readonly AnyListener[] = nobody;
  /** Who hears which type. Replaced, never changed in place: a listener may come or go while an event is handed out. */
  #audiences: { [K in keyof M]?: readonly AnyListener[] } | undefined;

  /** Calls `listener` for each event of this type until the returned function is called. */
  on<K extends keyof M>(type: K, listener: Listener<M[K]>): Unsubscribe {
    const byType = (this.#byType ??= new Map<keyof M, readonly AnyListener[]>());
    const change = (listeners: readonly AnyListener[]): void => {
      byType.set(type, listeners);
      this.#audiences = undefined;
    };
    change([...(byType.get(type) ?? nobody), listener]);
    return () => change((byType.get(type) ?? nobody).filter((other) => other !== listener));
  }

  /** Calls `listener` for each event, whatever its type, until the returned function is called. */
  onAny(listener: Listener<M[keyof M]>): Unsubscribe {
    const change = (listeners: readonly AnyListener[]): void => {
      this.#all = listeners;
      this.#audiences = undefined;
    };
    change([...this.#all, listener]);
    return () => change(this.#all.filter((other) => other !== listener));
  }

  /** Whether anybody listens; lets the caller spare the making of an event that nobody hears. */
  hears(type: keyof M): boolean {
    return !this.#isUnheard && this.#audience(type).length > 0;
  }

  emit<K extends keyof M>(event: M[K] & { readonly type: K }): void {
    if (this.#isUnheard) return;
    const audience = this.#audience(event.type);
    for (let at = 0; at < audience.length; at++) tell(audience[at]!, event);
  }

  /** Whether nobody has ever listened to a type, nor does to all of them. */
  get #isUnheard(): boolean {
    return this.#byType === undefined && this.#all.length === 0;
  }

  /** Those of the type first, then those of all types; each in the order of their coming. */
  #audience(type: keyof M): readonly AnyListener[] {
    const audiences = (this.#audiences ??= {} as { [K in keyof M]?: readonly AnyListener[] });
    return (audiences[type] ??= [...(this.#byType?.get(type) ?? nobody), ...this.#all]);
  }
}

function tell(listener: AnyListener, event: PolicyEvent): void {
  try {
    const result = (listener as Listener<PolicyEvent>)(event);
    if (result instanceof Promise) result.catch((error: unknown) => warnOfListener(event, error));
  } catch (error) {
    warnOfListener(event, error);
  }
}

function warnOfListener(event: PolicyEvent, error: unknown): void {
  const message = `A listener of ${event.type} events failed. The call it was told about is not affected.`;
  warn('ResilienceListenerWarning', message, error);
}
