import { isError } from './error-matcher.ts';
import { ResilienceError, textOf } from './errors.ts';
import type { PolicyEvent } from './events.ts';

/** The events of the instances of a policy. */
export type EventsOf<P> = P extends { bufferedEvents(): readonly (infer E extends PolicyEvent)[] } ? E : PolicyEvent;

type EventTypeOf<P> = EventsOf<P>['type'];
type EventOfType<P, T> = Extract<EventsOf<P>, { readonly type: T }>;

/** Every type of event. */
export type EventTypes<P> = Readonly<Record<EventTypeOf<P>, true>>;

/** Labels of a metric with their values. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a metric for one instance, with the labels that distinguish it from the instance's other values. */
export type Sample = readonly [value: number, labels?: Labels];

/**
 * How the values of several processes, such as the workers of a cluster, become one. Quantities are added; of states,
 * rates and durations the highest counts, because the worst process needs attention.
 */
export type Aggregator = 'sum' | 'max' | 'min' | 'average' | 'first' | 'omit';

interface CommonMeter {
  /** In Prometheus, e.g. `resilience4j_bulkhead_available_concurrent_calls`. */
  readonly name: string;
  readonly help: string;
  /** The names of its labels in addition to `name`. None by default. */
  readonly labels?: readonly string[];
}

/** A value that is read from an instance at each scrape. */
export interface ReadMeter<P> extends CommonMeter {
  readonly type: 'gauge' | 'counter';
  /** How the values of several processes become one. By default `sum` for a counter and `max` for a gauge. */
  readonly aggregator?: Aggregator;
  read(instance: P): readonly Sample[];
}

/** Counts events of an instance. */
export interface EventMeter<P> extends CommonMeter {
  readonly type: 'eventCounter';
  /** The types of events that count, with the labels under which each does. A function computes them for each event. */
  readonly counts: { readonly [T in EventTypeOf<P>]?: Labels | LabelsOf<EventOfType<P, T>>['labelsOf'] };
  /**
   * Labels that functions compute and that are shown as 0 before their first event, so that Prometheus sees that event as
   * an increase. None by default.
   */
  readonly initial?: readonly Labels[];
  /** Whether an instance has this metric. True by default. */
  appliesTo?(instance: P): boolean;
}

/** A method, so that a function for one type of event is accepted where all types are possible. */
interface LabelsOf<E> {
  labelsOf(event: E): Labels;
}

/** Measures calls by their events: a histogram of durations, and a gauge `<name>_max` for the last minutes. */
export interface DurationMeter<P> extends CommonMeter {
  readonly type: 'durations';
  readonly maxHelp: string;
  /** The types of events with an `elapsedDurationMs` that are measured, with the labels under which each is. */
  readonly measures: { readonly [T in EventTypeOf<P>]?: Labels };
}

/** A metric of a policy. */
export type Meter<P> = ReadMeter<P> | EventMeter<P> | DurationMeter<P>;

/** Attributes of a span event. Those that are `undefined` are left out. */
export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

/** How an event of a policy is shown in a span. */
export interface SpanEvent<P, E> {
  /** The last part of the name, e.g. `rejected` in `breakwater.bulkhead.rejected`. */
  readonly name: string;
  /** Whether the event gets a span of its own if no span is active. False by default. */
  readonly ownSpan?: boolean;
  /** The attributes in addition to the policy and the instance; called only if a span records them. None by default. */
  attributes?(event: E, instance: P): SpanAttributes;
}

/** The events of a policy that are shown in spans. */
export interface SpanEvents<P> {
  /** The middle part of the names, e.g. `bulkhead` in `breakwater.bulkhead.rejected`. */
  readonly policy: string;
  readonly events: { readonly [T in EventTypeOf<P>]?: SpanEvent<P, EventOfType<P, T>> };
}

/** How the actuator shows a policy. */
export interface ActuatorView<P> {
  /** Names the list of instances in responses and, in lower case, its path, e.g. `rateLimiters`. */
  readonly plural: string;
  /** The body for one event; its plain fields by default. */
  describeEvent?(event: EventsOf<P>): object;
  /** An instance in the list and in events. By default the list has only names. */
  describe?(instance: P): object;
  /** All partitions of a name together, in addition to their number. By default only that. */
  describePartitions?(instances: readonly P[]): object;
}

/** The names of attributes in spans and span events. Values are names, numbers, states and codes, never ids or URLs. */
export const attributeNames = {
  /** Which policy: `circuitbreaker`, `retry`, … */
  policy: 'breakwater.policy',
  /** The instance, which is the dependency. */
  name: 'breakwater.name',
  /** The key of the partition, e.g. the tenant; absent for an instance of all calls. */
  partition: 'breakwater.partition',
  state: 'breakwater.state',
  fromState: 'breakwater.from_state',
  toState: 'breakwater.to_state',
  /** Percent; -1 while there are too few calls. */
  failureRate: 'breakwater.failure_rate',
  /** Percent; -1 while there are too few calls. */
  slowCallRate: 'breakwater.slow_call_rate',
  bufferedCalls: 'breakwater.buffered_calls',
  /** From 1. */
  attempt: 'breakwater.attempt',
  waitMs: 'breakwater.wait_ms',
  retryAfterMs: 'breakwater.retry_after_ms',
  retryBudget: 'breakwater.retry_budget',
  timeoutMs: 'breakwater.timeout_ms',
  limitedBy: 'breakwater.limited_by',
  limit: 'breakwater.limit',
  handler: 'breakwater.handler',
  /** Host and port. */
  endpoint: 'breakwater.endpoint',
  ejectionReason: 'breakwater.ejection_reason',
  ageMs: 'breakwater.age_ms',
  /** OpenTelemetry's own: the code of this library's errors, the class of others. */
  errorType: 'error.type',
} as const;

/** The value of OpenTelemetry's `error.type`, which must have few values: the code of our errors, the class of others. */
export function errorTypeOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  if (error instanceof ResilienceError) return error.code;
  return isError(error) ? error.name : typeof error;
}

/** The event as Resilience4j's actuator shows it for most policies: `<kind>Name`, type and time. */
export function plainEvent<N extends string>(nameField: N) {
  return (event: PolicyEvent & Readonly<Record<N, string>>): object => {
    const { type, creationTime, [nameField]: name } = event;
    return { [nameField]: name, type, creationTime: isoTime(creationTime) };
  };
}

/** The plain fields of an event. Others are left out, since an event may contain what a call returned. */
export function wholeEvent(event: PolicyEvent): object {
  const fields = Object.entries(event).flatMap(([field, value]: [string, unknown]) => {
    if (field === 'creationTime') return [[field, isoTime(event.creationTime)]];
    if (field === 'error' || field === 'lastError') return [['errorMessage', errorText(value)]];
    return ['string', 'number', 'boolean'].includes(typeof value) ? [[field, value]] : [];
  });
  return Object.fromEntries(fields) as object;
}

/** ISO 8601 in UTC, which Java's `ZonedDateTime` and JavaScript's `Date` understand. */
export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** The text of an error in a response; `null` if there is none. */
export function errorText(error: unknown): string | null {
  return error === undefined || error === null ? null : textOf(error);
}
