import type { PolicyEvent } from '../events.ts';

interface FallbackPolicyEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly fallbackName: string;
  /** The handler's place in the list, from 0. */
  readonly handlerIndex: number;
  /** The handler's name; `undefined` when it has none. */
  readonly handlerName: string | undefined;
  /** The error that the handler was given. */
  readonly error: unknown;
}

/** A handler took over: what it returned is the result of the call. */
export type FallbackEvent = FallbackPolicyEvent<'FALLBACK'>;

/** A handler failed itself. */
export interface FallbackFailedEvent extends FallbackPolicyEvent<'FALLBACK_FAILED'> {
  /** What the handler threw; it is what the next handlers are given, and what the caller gets if none of them takes it. */
  readonly fallbackError: unknown;
}

/** What a fallback tells. */
export type FallbackEvents = {
  readonly FALLBACK: FallbackEvent;
  readonly FALLBACK_FAILED: FallbackFailedEvent;
};

export type AnyFallbackEvent = FallbackEvents[keyof FallbackEvents];
