import { trace } from '@opentelemetry/api';
import {
  type EventMap,
  joinUnsubscribes,
  type Listener,
  type PolicyEvent,
  type Unsubscribe,
} from '../../core/events.ts';
import { type FollowableRegistry, followRegistry } from '../../core/follow-registry.ts';
import { attributeNames as names, type SpanAttributes, type SpanEvent } from '../../core/observability.ts';
import { type FollowableRegistries, policies, type PolicyKind } from '../../core/policies.ts';
import type { NamedInstance, PolicyTable } from '../../core/policy-definition.ts';
import { resilienceTracer } from './attempt-spans.ts';

/** Options of `instrument`. */
export interface InstrumentOptions {
  /** The table of policies; that of this library by default. */
  readonly policies?: PolicyTable;
}

/** A policy of any kind whose events are observed. */
interface ObservedInstance extends NamedInstance {
  on(type: keyof EventMap, listener: Listener<never>): Unsubscribe;
}

/**
 * Adds events of policies to the active span: refusals, retries, timeouts, hedged attempts, fallbacks and state
 * transitions. They are named `breakwater.<policy>.<event>`. A state transition without an active span (caused by a
 * timer or a health probe) gets a span of its own, since it concerns all later calls.
 *
 * Events of every call are not observed. Without an OpenTelemetry SDK there is no active span, and no object is
 * created.
 *
 * @param registries the registries by kind of policy, with their present and future instances
 * @returns stops adding events
 *
 * @example
 * instrument({ circuitBreaker: circuitBreakers, retry: retries });
 */
export function instrument(registries: FollowableRegistries, options: InstrumentOptions = {}): Unsubscribe {
  const stops = (options.policies ?? policies).flatMap(({ kind, spanEvents }) => {
    const registry = registries[kind as PolicyKind] as FollowableRegistry<ObservedInstance> | undefined;
    if (registry === undefined || spanEvents === undefined) return [];
    const { policy, events } = spanEvents;
    return followRegistry(registry, (instance) => {
      const partition = registry.partitionOf?.(instance.name);
      const common = {
        [names.policy]: policy,
        [names.name]: partition?.of ?? instance.name,
        ...(partition && { [names.partition]: partition.key }),
      };
      const unsubscribes = Object.entries(events).map(([type, spanEvent]) =>
        instance.on(type, (event: PolicyEvent) => addEvent(policy, common, spanEvent, event, instance)),
      );
      return joinUnsubscribes(unsubscribes);
    });
  });
  return joinUnsubscribes(stops);
}

function addEvent(
  policy: string,
  common: SpanAttributes,
  spanEvent: SpanEvent<NamedInstance, PolicyEvent>,
  event: PolicyEvent,
  instance: NamedInstance,
): void {
  const span = trace.getActiveSpan();
  const isRecording = span?.isRecording() ?? false;
  if (!isRecording && !spanEvent.ownSpan) return;
  const fullName = `breakwater.${policy}.${spanEvent.name}`;
  const described = { ...common, ...spanEvent.attributes?.(event, instance) };
  if (isRecording) span?.addEvent(fullName, described);
  else resilienceTracer().startSpan(fullName, { root: true, attributes: described }).end();
}
