import type { PolicyEvent } from '../events.ts';

interface CachedFallbackEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly cachedFallbackName: string;
  /** What was asked for. It may be an id or personal data: never make it a metric's label. */
  readonly key: string;
  /** Why the call failed. */
  readonly error: unknown;
}

/** A call failed, and the last good result was served instead. */
export interface ServedEvent extends CachedFallbackEvent<'SERVED'> {
  /** How long ago the result was received, in milliseconds. */
  readonly ageMs: number;
}

/** A call failed, and there was no result to serve instead, or it was too old. */
export interface NotServedEvent extends CachedFallbackEvent<'NOT_SERVED'> {
  /** How old the result was that was found too old, in milliseconds; `undefined` when there was none. */
  readonly ageMs: number | undefined;
}

/** What a cached fallback tells. */
export type CachedFallbackEvents = {
  readonly SERVED: ServedEvent;
  readonly NOT_SERVED: NotServedEvent;
};

export type AnyCachedFallbackEvent = CachedFallbackEvents[keyof CachedFallbackEvents];
