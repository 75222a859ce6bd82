import type { PolicyEvent } from '../events.ts';

interface CachedFallbackEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly cachedFallbackName: string;
  /** The key of the call. It may be an id or personal data: do not use it as a metric label. */
  readonly key: string;
  /** Why the call failed. */
  readonly error: unknown;
}

/** A call failed, and a stale value was returned. */
export interface ServedEvent extends CachedFallbackEvent<'SERVED'> {
  /** How long ago the value was received, in milliseconds. */
  readonly ageMs: number;
}

/** A call failed, and there was no stale value, or it was too old. */
export interface NotServedEvent extends CachedFallbackEvent<'NOT_SERVED'> {
  /** The age of the value that was too old, in milliseconds; `undefined` when there was none. */
  readonly ageMs: number | undefined;
}

/** The events of a cached fallback. */
export type CachedFallbackEvents = {
  readonly SERVED: ServedEvent;
  readonly NOT_SERVED: NotServedEvent;
};

export type AnyCachedFallbackEvent = CachedFallbackEvents[keyof CachedFallbackEvents];
