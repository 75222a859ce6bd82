import type { CircuitBreakerWindowResponse, StateName } from '@breakwater/resilience/actuator';

/** What the console's server tells its pages. Times are in milliseconds since the Unix epoch. */

export type { StateName, WindowContents, WindowOutcome, WindowSecond } from '@breakwater/resilience/actuator';

/** A circuit breaker as `/actuator/circuitbreakerwindows` tells it. */
export type Breaker = CircuitBreakerWindowResponse;

/** What the doctor says about an instance. */
export interface Finding {
  readonly instance: string;
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
}

export interface AccountReplica {
  /** As it calls itself, or its host and port until it has said so. */
  readonly name: string;
  /** Why it could not be asked in the last second; `null` when it could. What else is said of it is then the last known. */
  readonly problem: string | null;
  /** Whether its events come in. */
  readonly hasEvents: boolean;
  readonly breakers: Readonly<Record<string, Breaker>>;
  readonly findings: readonly Finding[];
}

export interface CustomerReplica {
  readonly name: string;
  readonly problem: string | null;
  /** The faults that can strike. */
  readonly activeFaults: readonly string[];
  /** How often faults have struck in the last second. */
  readonly struckPerSecond: number;
  /** What is set, in seconds, at the median; `null` where it is not known. */
  readonly latencySeconds: number | null;
}

/** What clients of account were answered in a second, over all replicas. */
export interface Traffic {
  /** Requests a second, by how they ended. */
  readonly created: number;
  readonly accepted: number;
  readonly refused: number;
  readonly failed: number;
  /** Of those requests; estimated from the buckets of the histogram. `null` where there were none. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
}

/** Accounts whose customer is still to be verified. */
export interface Pending {
  readonly accounts: number;
  readonly oldestSeconds: number;
}

export interface Second {
  readonly at: number;
  /** `null` for the first second of a replica: a rate takes two readings. */
  readonly traffic: Traffic | null;
  readonly pending: Pending | null;
}

/** A circuit breaker of a replica is in another state from now on. */
export interface StateChange {
  readonly at: number;
  readonly replica: string;
  readonly breaker: string;
  readonly state: StateName;
}

/** What came of the requests that the console has sent. */
export interface LoadState {
  /** Whether this console may send any. */
  readonly isAllowed: boolean;
  /** Requests a second; 0 while none are sent. */
  readonly rate: number;
  readonly endsAt: number | null;
  readonly sent: number;
  /** By status; 0 for those that were not answered. */
  readonly answers: Readonly<Record<string, number>>;
  /** Not sent, because too many were still under way. */
  readonly skipped: number;
}

/** Everything, once a second. */
export interface Snapshot extends Second {
  readonly accounts: readonly AccountReplica[];
  readonly customers: readonly CustomerReplica[];
  readonly load: LoadState;
  readonly changes: readonly StateChange[];
}

/** An event of a policy. */
export interface PolicyEvent {
  readonly at: number;
  readonly replica: string;
  readonly pattern: string;
  readonly name: string;
  readonly type: string;
  /** What more there is to it, in words; may be empty. */
  readonly detail: string;
}

export interface Events {
  readonly events: readonly PolicyEvent[];
  /** How many came beside, too many to tell. */
  readonly omitted: number;
}

/** What a page gets that has seen nothing yet. */
export interface History {
  readonly seconds: readonly Second[];
  readonly changes: readonly StateChange[];
  readonly events: readonly PolicyEvent[];
}

/** The messages of `/console/api/stream` by their names. */
export interface Messages {
  readonly history: History;
  readonly snapshot: Snapshot;
  readonly events: Events;
}
