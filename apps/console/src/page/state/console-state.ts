import { keepNewest } from '../../protocol/kept-events.ts';
import type {
  Events,
  History,
  PolicyEvent,
  Second,
  Snapshot,
  StateChange,
  StateName,
} from '../../protocol/messages.ts';

/** Whether the server is heard. */
export type Connection = 'connecting' | 'live' | 'lost';

/** A time that a circuit breaker spent in a state; without an end it still is in it. */
export interface Stay {
  readonly state: StateName;
  readonly from: number;
  readonly to: number | undefined;
}

/** All that the page knows. */
export interface ConsoleState {
  readonly connection: Connection;
  readonly snapshot: Snapshot | undefined;
  /** The last minutes, a second each, oldest first. */
  readonly seconds: readonly Second[];
  /** By circuit breaker and replica, oldest first. */
  readonly stays: Readonly<Record<string, Readonly<Record<string, readonly Stay[]>>>>;
  /** Newest first. */
  readonly events: readonly PolicyEvent[];
  /** Events that were too many to be told. */
  readonly omitted: number;
}

/** What can happen to it. */
export type Happening =
  | { readonly type: 'history'; readonly data: History }
  | { readonly type: 'snapshot'; readonly data: Snapshot }
  | { readonly type: 'events'; readonly data: Events }
  | { readonly type: 'connection'; readonly data: Connection };

/** How much the page keeps. */
export const keptSeconds = 300;
const keptStays = 200;

export const nothingYet: ConsoleState = {
  connection: 'connecting',
  snapshot: undefined,
  seconds: [],
  stays: {},
  events: [],
  omitted: 0,
};

/** The state after something has happened. */
export function reduce(state: ConsoleState, happening: Happening): ConsoleState {
  switch (happening.type) {
    case 'connection':
      return { ...state, connection: happening.data };
    case 'history': {
      const { seconds, changes, events } = happening.data;
      return {
        ...state,
        seconds: seconds.slice(-keptSeconds),
        stays: withChanges({}, changes),
        events: keepNewest(events.toReversed()),
        omitted: 0,
      };
    }
    case 'snapshot':
      return withSnapshot(state, happening.data);
    case 'events': {
      const { events, omitted } = happening.data;
      return {
        ...state,
        events: keepNewest([...events.toReversed(), ...state.events]),
        omitted: state.omitted + omitted,
      };
    }
  }
}

function withSnapshot(state: ConsoleState, snapshot: Snapshot): ConsoleState {
  const { at, traffic, pending, changes } = snapshot;
  const last = state.seconds.at(-1);
  // The first snapshot after a history is the last second of it.
  const isKnown = last !== undefined && at <= last.at;
  return {
    ...state,
    connection: 'live',
    snapshot,
    seconds: isKnown ? state.seconds : [...state.seconds, { at, traffic, pending }].slice(-keptSeconds),
    stays: isKnown ? state.stays : withChanges(state.stays, changes),
  };
}

function withChanges(stays: ConsoleState['stays'], changes: readonly StateChange[]): ConsoleState['stays'] {
  return changes.reduce((all, { at, replica, breaker, state }) => {
    const before = all[breaker]?.[replica] ?? [];
    const ended = before.map((stay) => (stay.to === undefined ? { ...stay, to: at } : stay));
    const after = [...ended, { state, from: at, to: undefined }].slice(-keptStays);
    return { ...all, [breaker]: { ...all[breaker], [replica]: after } };
  }, stays);
}
