import type { StreamedEvent, StreamMessage } from '@breakwater/resilience/actuator';
import { type Events, isSuccess, type PolicyEvent, type StateChange } from '../protocol/messages.ts';

const maxDetailLength = 200;

/** Converts an event of the actuator's stream for the page. */
export function policyEvent(
  replica: string,
  { kind, data }: Extract<StreamMessage, { readonly data: StreamedEvent }>,
): PolicyEvent {
  const { pattern: policy, name, type, creationTime, durationInMs, numberOfAttempts, errorMessage, traceId } = data;
  const transition = kind === 'transition' ? data.transition : undefined;
  const detail = [
    transition && `${transition.from} → ${transition.to}`.replaceAll('_', ' '),
    typeof durationInMs === 'number' && `${durationInMs} ms`,
    numberOfAttempts !== undefined && `attempt ${numberOfAttempts}`,
    errorMessage,
  ];
  return {
    at: Date.parse(creationTime),
    replica,
    policy,
    name,
    type,
    ...(transition && { transition }),
    detail: detail.filter(Boolean).join(' · ').slice(0, maxDetailLength),
    ...(traceId !== undefined && { traceId }),
  };
}

/** Collects events between two messages to the pages, so that hundreds of calls per second make a few messages. */
export class EventBatch {
  readonly #maxEvents: number;
  #events: PolicyEvent[] = [];
  #states: StateChange[] = [];
  #omitted = 0;

  /** @param maxEvents beyond it, events of successful calls are omitted first, then the oldest */
  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
  }

  addEvent(event: PolicyEvent): void {
    this.#events.push(event);
    if (this.#events.length <= this.#maxEvents) return;
    this.#events.splice(Math.max(0, this.#events.findIndex(isSuccess)), 1);
    this.#omitted += 1;
  }

  /** State changes are never omitted. */
  addStateChange(change: StateChange): void {
    this.#states.push(change);
  }

  /** Returns what was added since the last call; `undefined` when nothing was. */
  take(): Events | undefined {
    if (this.#events.length === 0 && this.#states.length === 0) return undefined;
    const batch = { events: this.#events, states: this.#states, omitted: this.#omitted };
    this.#events = [];
    this.#states = [];
    this.#omitted = 0;
    return batch;
  }
}
