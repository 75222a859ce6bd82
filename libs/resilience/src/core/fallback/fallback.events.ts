import type { PolicyEvent } from '../events.ts';

interface FallbackPolicyEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly fallbackName: string;
  /** The position of the handler in the list, from 0. */
  readonly handlerIndex: number;
  /** The name of the handler; `undefined` when it has none. */
  readonly handlerName: string | undefined;
  /** The error that was passed to the handler. */
  readonly error: unknown;
}

/** A handler returned the result of the call. */
export type FallbackEvent = FallbackPolicyEvent<'FALLBACK'>;

/** A handler threw. */
export interface FallbackFailedEvent extends FallbackPolicyEvent<'FALLBACK_FAILED'> {
  /** What the handler threw. It is passed to the next handler for it, or thrown to the caller if there is none. */
  readonly fallbackError: unknown;
}

/** The events of a fallback. */
export type FallbackEvents = {
  readonly FALLBACK: FallbackEvent;
  readonly FALLBACK_FAILED: FallbackFailedEvent;
};

export type AnyFallbackEvent = FallbackEvents[keyof FallbackEvents];
