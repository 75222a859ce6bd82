import type { StateName } from '@breakwater/resilience/actuator';
import { useEffect, useReducer } from 'preact/hooks';
import {
  keepNewest,
  type Messages,
  type PolicyEvent,
  type Second,
  type Snapshot,
  type StateChange,
} from '../protocol/messages.ts';

/** State of the connection to the server. */
export type Connection = 'connecting' | 'live' | 'lost';

/** A period in which a circuit breaker was in one state. */
export interface StatePeriod {
  readonly state: StateName;
  readonly from: number;
  /** `undefined` for the present state. The state after the last period is unknown when that has ended. */
  readonly to: number | undefined;
}

/** The periods of a circuit breaker by replica, oldest first. */
export type PeriodsByReplica = Readonly<Record<string, readonly StatePeriod[]>>;

/** All data of the page. */
export interface ConsoleState {
  readonly connection: Connection;
  readonly snapshot: Snapshot | undefined;
  /** The last minutes, oldest first. */
  readonly seconds: readonly Second[];
  /** By circuit breaker. */
  readonly periods: Readonly<Record<string, PeriodsByReplica>>;
  /** Newest first. */
  readonly events: readonly PolicyEvent[];
  /** Number of events that the server has left out. */
  readonly omitted: number;
  /** The page of a trace; `null` without one. */
  readonly traceUrl: string | null;
}

/** A message of the server, or a change of the connection to it. */
export type ConsoleAction =
  | { readonly [Name in keyof Messages]: { readonly type: Name; readonly data: Messages[Name] } }[keyof Messages]
  | { readonly type: 'connection'; readonly data: Connection };

export const keptSeconds = 300;
const keptPeriods = 200;

export const initialState: ConsoleState = {
  connection: 'connecting',
  snapshot: undefined,
  seconds: [],
  periods: {},
  events: [],
  omitted: 0,
  traceUrl: null,
};

export function reduce(state: ConsoleState, { type, data }: ConsoleAction): ConsoleState {
  switch (type) {
    case 'connection':
      return { ...state, connection: data };
    case 'history':
      return {
        ...state,
        seconds: data.seconds.slice(-keptSeconds),
        periods: withChanges({}, data.states),
        events: keepNewest(data.events.toReversed()),
        omitted: 0,
        traceUrl: data.traceUrl,
      };
    case 'snapshot':
      return { ...state, connection: 'live', snapshot: data, seconds: withSecond(state.seconds, data) };
    case 'events':
      return {
        ...state,
        periods: withChanges(state.periods, data.states),
        events: keepNewest([...data.events.toReversed(), ...state.events]),
        omitted: state.omitted + data.omitted,
      };
  }
}

function withSecond(seconds: readonly Second[], { at, traffic, pending, faults }: Snapshot): readonly Second[] {
  const last = seconds.at(-1);
  // The snapshot that follows a history is its last second.
  if (last !== undefined && at <= last.at) return seconds;
  return [...seconds, { at, traffic, pending, faults }].slice(-keptSeconds);
}

function withChanges(periods: ConsoleState['periods'], changes: readonly StateChange[]): ConsoleState['periods'] {
  return changes.reduce((all, { at, replica, breaker, state }) => {
    const before = all[breaker]?.[replica] ?? [];
    const ended = before.map((period) => (period.to === undefined ? { ...period, to: at } : period));
    const begun = state === null ? [] : [{ state, from: at, to: undefined }];
    return { ...all, [breaker]: { ...all[breaker], [replica]: [...ended, ...begun].slice(-keptPeriods) } };
  }, periods);
}

/** The browser reconnects a lost stream, but not one that was rejected, e.g. by a load balancer without a console behind it. */
const reconnectMs = 2_000;

/** A server that works sends a snapshot each second, or two when a replica hangs. */
const maxSilenceMs = 5_000;

/** Keeps the data of the page up to date while it is mounted. */
export function useConsole(): ConsoleState {
  const [state, dispatch] = useReducer(reduce, initialState);

  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const expectMessage = (): void => {
      clearTimeout(timer);
      timer = setTimeout(lose, maxSilenceMs);
    };
    const connect = (): void => {
      source = new EventSource('/console/api/stream');
      for (const type of ['history', 'snapshot', 'events'] as const) {
        source.addEventListener(type, ({ data }: MessageEvent<string>) => {
          expectMessage();
          dispatch({ type, data: JSON.parse(data) as unknown } as ConsoleAction);
        });
      }
      source.addEventListener('error', () => {
        dispatch({ type: 'connection', data: 'lost' });
        if (source?.readyState === EventSource.CLOSED) lose();
      });
      expectMessage();
    };
    const lose = (): void => {
      dispatch({ type: 'connection', data: 'lost' });
      source?.close();
      clearTimeout(timer);
      timer = setTimeout(connect, reconnectMs);
    };
    connect();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, []);

  return state;
}
