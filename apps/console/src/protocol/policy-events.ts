import type { StateName } from '@breakwater/resilience/actuator';

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
}

/** The circuit breaker of a replica is in this state since `at`: it was first seen in it, or has changed to it. */
export interface StateChange {
  readonly at: number;
  readonly replica: string;
  readonly breaker: string;
  readonly state: StateName;
}

/** What the replicas have streamed since the last message. */
export interface Events {
  readonly events: readonly PolicyEvent[];
  /** All of them, even when events were omitted. */
  readonly states: readonly StateChange[];
  /** Number of events that were left out to limit the size of the message. */
  readonly omitted: number;
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
