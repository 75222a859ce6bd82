import type { ReplicaProcess } from '@breakwater/contracts/processes';
import type { CircuitBreakerWindowResponse, EndpointPoolDetails, StateName } from '@breakwater/resilience/actuator';

/** Messages from the console's server to its pages. Times are milliseconds since the Unix epoch. */

export type Breaker = CircuitBreakerWindowResponse;
export type Pool = EndpointPoolDetails;

/** A finding of the doctor about an instance. */
export interface Finding {
  readonly instance: string;
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
}

export interface AccountReplica {
  /** The replica's instance name; its host and port until the first response. */
  readonly name: string;
  /** Why the last read failed; `null` when it succeeded. The other fields then hold the last known values. */
  readonly problem: string | null;
  /** Whether the stream of its events is connected. */
  readonly hasEvents: boolean;
  /** By name, as of the last read. */
  readonly breakers: Readonly<Record<string, Breaker>>;
  /** The endpoint pools by name, as of the last read. */
  readonly pools: Readonly<Record<string, Pool>>;
  readonly findings: readonly Finding[];
  /** Its own responses; `null` until it was polled twice. */
  readonly traffic: Traffic | null;
}

export interface CustomerReplica {
  readonly name: string;
  /** Host and port, by which account names its endpoints. */
  readonly address: string;
  readonly problem: string | null;
  readonly activeFaults: readonly string[];
  /** Faults injected per second between the last two reads. */
  readonly injectedPerSecond: number;
  /** Median of the configured latency; `null` when unknown. */
  readonly latencySeconds: number | null;
}

/** Responses to `POST /accounts`, in requests per second. */
export interface Traffic {
  readonly created: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly failed: number;
  /** Estimated from the buckets of the histogram; `null` without requests. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
}

/** Accounts whose customer is not verified yet. */
export interface Pending {
  readonly accounts: number;
  readonly oldestSeconds: number;
}

/** The measurements of one second. */
export interface Second {
  readonly at: number;
  /** `null` until a replica was read twice. */
  readonly traffic: Traffic | null;
  readonly pending: Pending | null;
  /** What may be the cause of trouble, as text: active faults of customer, and replicas that are unreachable. */
  readonly faults: readonly string[];
}

/** Requests that start at these rates, independent of the responses; like k6's `ramping-arrival-rate`. */
export interface LoadPlan {
  /** Requests per second at the start. */
  readonly startRate: number;
  /** The rate to reach, in a straight line, within this time. */
  readonly stages: readonly { readonly rate: number; readonly seconds: number }[];
}

/** The load that the console sends, and its responses. */
export interface LoadState {
  /** Whether this console may send load. */
  readonly isAllowed: boolean;
  /** Requests per second; 0 while none are sent. */
  readonly rate: number;
  /** Milliseconds since the Unix epoch. */
  readonly endsAt: number | null;
  readonly sent: number;
  /** Number of responses by status; status 0 counts requests without a response. */
  readonly responses: Readonly<Record<string, number>>;
  /** Requests that were not sent because too many were in flight. */
  readonly skipped: number;
}

export const maxRequestsPerSecond = 100;
export const maxSeconds = 600;

export const secondsOf = ({ stages }: LoadPlan): number => stages.reduce((sum, { seconds }) => sum + seconds, 0);

/** Everything that is no event, once per second. */
export interface Snapshot extends Second {
  readonly accounts: readonly AccountReplica[];
  readonly customers: readonly CustomerReplica[];
  readonly load: LoadState;
  /** The processes of the replicas; `null` when they cannot be killed and frozen. */
  readonly processes: readonly ReplicaProcess[] | null;
}

/** An event of a policy of a replica. */
export interface PolicyEvent {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly replica: string;
  /** The kind of policy, e.g. `circuitBreaker`. */
  readonly policy: string;
  readonly name: string;
  readonly type: string;
  /** Only for a state transition of a circuit breaker. */
  readonly transition?: { readonly from: StateName; readonly to: StateName };
  /** Further fields as text; may be empty. */
  readonly detail: string;
  /** The recorded trace of the call. */
  readonly traceId?: string;
}

/** The circuit breaker of a replica is in this state since `at`: it was first seen in it, or has changed to it. */
export interface StateChange {
  readonly at: number;
  readonly replica: string;
  readonly breaker: string;
  /** `null` while it is unknown: the replica is unreachable, or is not watched. */
  readonly state: StateName | null;
}

/** What the replicas have streamed since the last message. */
export interface Events {
  readonly events: readonly PolicyEvent[];
  /** All of them, even when events were omitted. */
  readonly states: readonly StateChange[];
  /** Number of events that were left out to limit the size of the message. */
  readonly omitted: number;
}

/** Sent to a page that connects for the first time. */
export interface History {
  readonly seconds: readonly Second[];
  readonly events: readonly PolicyEvent[];
  readonly states: readonly StateChange[];
  /** The page of a trace, with `{traceId}` for its id; `null` without one. */
  readonly traceUrl: string | null;
}

/** The messages of `/console/api/stream` by name. */
export interface Messages {
  readonly history: History;
  readonly snapshot: Snapshot;
  readonly events: Events;
}

/** Events of successful calls. They are the first to be omitted. */
const successTypes = ['SUCCESS', 'CALL_PERMITTED', 'CALL_FINISHED', 'SUCCESSFUL_ACQUIRE'];

const callTypes: ReadonlySet<string> = new Set([
  ...successTypes,
  'ERROR',
  'NOT_PERMITTED',
  'CALL_REJECTED',
  'FAILED_ACQUIRE',
  'RETRY',
  'TIMEOUT',
  'FALLBACK',
]);

export const isSuccess = ({ type }: PolicyEvent): boolean => successTypes.includes(type);

/** How many events of calls are kept, and how many of anything else. */
export const keptEvents = 200;

/** Keeps the newest events, which come first. Events of calls do not displace the less frequent ones. */
export function keepNewest(events: readonly PolicyEvent[]): readonly PolicyEvent[] {
  let [ofCalls, others] = [0, 0];
  return events.filter(({ policy, type }) =>
    policy === 'circuitBreaker' && !callTypes.has(type) ? (others += 1) <= keptEvents : (ofCalls += 1) <= keptEvents,
  );
}
