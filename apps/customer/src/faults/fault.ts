import type { ServerResponse } from 'node:http';

/** One thing that can be wrong. */
export interface Fault<Setting> {
  /** Whether it can strike as it is set. */
  readonly isActive: boolean;
  /** From the next request on. Null: nothing is wrong. */
  set(setting: Setting | null): void;
}

/** What a fault needs of the request that it strikes. */
export interface Exchange {
  readonly raw: ServerResponse;
  header(name: string, value: string): unknown;
}

/** Tells that a fault has struck. */
export type Struck = () => void;

/** Uniformly distributed from 0 up to, but not including, 1. */
export type Random = () => number;
