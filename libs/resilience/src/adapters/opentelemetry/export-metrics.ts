import {
  type Attributes,
  type Meter as OpenTelemetryMeter,
  metrics,
  type ObservableCallback,
} from '@opentelemetry/api';
import { EventCounts, type ObservedInstance } from '../../core/event-counts.ts';
import { joinUnsubscribes, type PolicyEvent, type Unsubscribe } from '../../core/events.ts';
import { type FollowableRegistry, followRegistry } from '../../core/follow-registry.ts';
import type { DurationMeter, EventMeter, Labels, Meter, ReadMeter } from '../../core/observability.ts';
import { type FollowableRegistries, policies, type PolicyKind } from '../../core/policies.ts';
import type { NamedInstance, PolicyTable } from '../../core/policy-definition.ts';

/** Options of `exportMetrics`. */
export interface MetricsOptions {
  /** The upper bounds of histograms of durations, in seconds, ascending. Those of the SDK's views by default. */
  readonly callDurationBuckets?: readonly number[];
  /** The table of policies; that of this library by default. */
  readonly policies?: PolicyTable;
}

type AddInstance = (instance: NamedInstance, name: string) => Unsubscribe;

/**
 * Exports the metrics of policies through OpenTelemetry's registered meter provider; without one it has no effect. They are
 * those of `bindToPrometheus`, named after the conventions that are under discussion
 * ([semantic-conventions#2355](https://github.com/open-telemetry/semantic-conventions/issues/2355)): `circuitbreaker.state`
 * with the attribute `circuitbreaker.name`, units apart from the name. The partitions of an instance count together; their
 * gauges are left out.
 *
 * @param registries the registries by kind of policy, with their present and future instances
 * @returns stops the export
 *
 * @example
 * exportMetrics({ circuitBreaker: circuitBreakers, retry: retries });
 */
export function exportMetrics(registries: FollowableRegistries, options: MetricsOptions = {}): Unsubscribe {
  const meter = metrics.getMeter('@breakwater/resilience');
  const stops = (options.policies ?? policies).flatMap(({ kind, meters = [], spanEvents }) => {
    const registry = registries[kind as PolicyKind] as FollowableRegistry<NamedInstance> | undefined;
    if (registry === undefined) return [];
    const policy = spanEvents?.policy ?? kind.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const added = meters.map((each) => add(meter, each, policy, options));
    const stop = followRegistry(registry, (instance) => {
      const partition = registry.partitionOf?.(instance.name);
      const removals = added
        .filter(({ ofPartitions }) => partition === undefined || ofPartitions)
        .map(({ addInstance }) => addInstance(instance, partition?.of ?? instance.name));
      return joinUnsubscribes(removals);
    });
    return [stop, ...added.map((each) => each.stop)];
  });
  return joinUnsubscribes(stops);
}

interface AddedMeter {
  readonly addInstance: AddInstance;
  /** Whether the values of the partitions of an instance add up. */
  readonly ofPartitions: boolean;
  readonly stop: Unsubscribe;
}

const noStop = (): void => {};

function add(to: OpenTelemetryMeter, meter: Meter<NamedInstance>, policy: string, options: MetricsOptions): AddedMeter {
  const attributesOf = (name: string, own: Labels = {}): Attributes =>
    Object.fromEntries(Object.entries({ name, ...own }).map(([label, value]) => [`${policy}.${label}`, value]));
  switch (meter.type) {
    case 'durations':
      return { addInstance: addDurations(to, meter, policy, attributesOf, options), ofPartitions: true, stop: noStop };
    case 'eventCounter':
      return addEventCounter(to, meter, policy, attributesOf);
    default:
      return addRead(to, meter, policy, attributesOf);
  }
}

type AttributesOf = (name: string, own?: Labels) => Attributes;

function addRead(
  to: OpenTelemetryMeter,
  meter: ReadMeter<NamedInstance>,
  policy: string,
  attributesOf: AttributesOf,
): AddedMeter {
  const { name, help, type } = meter;
  const instances = new Map<NamedInstance, string>();
  const described = { description: help, ...unitOf(name) };
  const metric = metricName(name, policy);
  const instrument =
    type === 'counter' ? to.createObservableCounter(metric, described) : to.createObservableGauge(metric, described);
  const observe: ObservableCallback = (result) => {
    for (const [instance, ofInstance] of instances) {
      for (const [value, own] of meter.read(instance)) result.observe(value, attributesOf(ofInstance, own));
    }
  };
  instrument.addCallback(observe);
  return {
    addInstance: (instance, ofInstance) => {
      instances.set(instance, ofInstance);
      return () => instances.delete(instance);
    },
    ofPartitions: false,
    stop: () => instrument.removeCallback(observe),
  };
}

/** Events are counted as plain numbers, which cost a call less than the counters of the SDK. */
function addEventCounter(
  to: OpenTelemetryMeter,
  meter: EventMeter<NamedInstance>,
  policy: string,
  attributesOf: AttributesOf,
): AddedMeter {
  const { name, help } = meter;
  const counted = new Map<string, { readonly counts: EventCounts; users: number }>();
  const counter = to.createObservableCounter(metricName(name, policy), { description: help, ...unitOf(name) });
  const observe: ObservableCallback = (result) => {
    for (const [ofInstance, { counts }] of counted) {
      for (const [value, own] of counts.samples()) result.observe(value, attributesOf(ofInstance, own));
    }
  };
  counter.addCallback(observe);
  return {
    addInstance: (instance, ofInstance) => {
      if (meter.appliesTo?.(instance) === false) return noStop;
      const entry = counted.get(ofInstance) ?? { counts: new EventCounts(meter), users: 0 };
      counted.set(ofInstance, entry);
      entry.users += 1;
      const stop = entry.counts.follow(instance as ObservedInstance);
      return () => {
        stop();
        entry.users -= 1;
        if (entry.users === 0) counted.delete(ofInstance);
      };
    },
    ofPartitions: true,
    stop: () => counter.removeCallback(observe),
  };
}

function addDurations(
  to: OpenTelemetryMeter,
  { name, help, measures }: DurationMeter<NamedInstance>,
  policy: string,
  attributesOf: AttributesOf,
  { callDurationBuckets }: MetricsOptions,
): AddInstance {
  // As `http.client.request.duration`.
  const metric = metricName(name, policy).replace(/s$/, '.duration');
  const advice = callDurationBuckets && { explicitBucketBoundaries: [...callDurationBuckets] };
  const histogram = to.createHistogram(metric, { description: help, unit: 's', ...(advice && { advice }) });
  return (instance, ofInstance) =>
    joinUnsubscribes(
      Object.entries(measures).map(([type, labels = {}]) => {
        const attributes = attributesOf(ofInstance, labels);
        return (instance as ObservedInstance).on(
          type,
          ({ elapsedDurationMs }: PolicyEvent & { readonly elapsedDurationMs: number }) =>
            histogram.record(elapsedDurationMs / 1_000, attributes),
        );
      }),
    );
}

/** `resilience4j_circuitbreaker_slow_calls` as `circuitbreaker.slow_calls`: without the unit, and without `_total`. */
function metricName(prometheusName: string, policy: string): string {
  const words = prometheusName
    .replace(/_(?:seconds|total)$/, '')
    .split('_')
    .slice(1);
  const ofPolicy = policy.split('_');
  const common = ofPolicy.findIndex((word, at) => word !== words[at]);
  return `${policy}.${words.slice(common === -1 ? ofPolicy.length : common).join('_')}`;
}

function unitOf(prometheusName: string): { readonly unit?: string } {
  return prometheusName.endsWith('_seconds') ? { unit: 's' } : {};
}
