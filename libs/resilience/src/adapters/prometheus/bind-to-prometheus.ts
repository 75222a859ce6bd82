import { register } from 'prom-client';
import { type Clock, systemClock } from '../../core/clock.ts';
import { joinUnsubscribes, type Unsubscribe } from '../../core/events.ts';
import { type FollowableRegistry, followRegistry } from '../../core/follow-registry.ts';
import type { Labels } from '../../core/observability.ts';
import { OptionSchema, wholeNumber } from '../../core/options.ts';
import { type FollowableRegistries, policies, type PolicyKind } from '../../core/policies.ts';
import type { NamedInstance, PolicyTable } from '../../core/policy-definition.ts';
import { percentileHistogramBuckets } from './duration-histogram.ts';
import { Meters, type PrometheusRegistry } from './meters.ts';
import { PartitionLabels } from './partition-labels.ts';

const partitionOptions = new OptionSchema({ maxPartitionLabels: wholeNumber(10, { min: 0, max: 1_000 }) });

/** Options of `bindToPrometheus`. */
export interface PrometheusOptions {
  /**
   * Labels of every series, e.g. `{ application: 'account' }`, which dashboards for Spring Boot select by, or
   * `{ group: 'none' }`, which Spring Cloud CircuitBreaker adds. None by default.
   */
  readonly extraLabels?: Labels;
  /**
   * The upper bounds of the histogram of call durations, in seconds, ascending. By default those of Micrometer's
   * `percentiles-histogram`, 68 from 1 ms to 30 s. An empty list leaves the number and the sum of durations.
   */
  readonly callDurationBuckets?: readonly number[];
  /**
   * How many partitions of an instance (`partitionBy`) have series of their own, with their key as the label `partition`:
   * those with the most calls. All others share `partition="other"`. From 0 to 1,000; 10 by default.
   */
  readonly maxPartitionLabels?: number;
  /** The clock of the circuit breakers, by which maxima of durations expire. Real time by default. */
  readonly clock?: Clock;
  /** The table of policies; that of this library by default. */
  readonly policies?: PolicyTable;
}

/**
 * Exports the metrics of policies to Prometheus, with the names, labels and units of Resilience4j's Micrometer binding,
 * so that its dashboards and alerts work without a change. Metrics that Resilience4j does not have are named
 * `breakwater_…`.
 *
 * Instances that a registry adds later get their series at that time, and removing an instance removes its series.
 * Counters start at 0 when they are bound.
 *
 * prom-client's `AggregatorRegistry` combines the workers of a cluster: it adds calls, permits and other quantities, and
 * takes the highest state, rate and duration of a worker. More than one state of a circuit breaker can be 1 then, and
 * the share of calls that are let through is the average.
 *
 * @param registries the registries by kind of policy; those left out have no metrics
 * @param prometheusRegistry where the metrics are collected; prom-client's `register` by default
 * @returns removes all metrics
 * @throws Error from prom-client if a metric of the same name exists, e.g. for a second binding; nothing is bound then
 *
 * @example
 * bindToPrometheus({ circuitBreaker: circuitBreakers, retry: retries }, register, { extraLabels: { application: 'account' } });
 */
export function bindToPrometheus(
  registries: FollowableRegistries,
  prometheusRegistry: PrometheusRegistry = register,
  options: PrometheusOptions = {},
): Unsubscribe {
  const { extraLabels = {}, callDurationBuckets = percentileHistogramBuckets, clock = systemClock } = options;
  const { maxPartitionLabels } = partitionOptions.resolve('The binding to Prometheus', {
    maxPartitionLabels: options.maxPartitionLabels,
  });
  const partitionLabels: PartitionLabels[] = [];
  const meters = new Meters(prometheusRegistry, extraLabels, clock, callDurationBuckets, () => {
    for (const labels of partitionLabels) labels.rank();
  });
  const unsubscribes: Unsubscribe[] = [];
  const unbind: Unsubscribe = () => {
    for (const unsubscribe of unsubscribes.splice(0)) unsubscribe();
    meters.removeAll();
  };

  try {
    for (const { kind, meters: metersOfKind = [] } of options.policies ?? policies) {
      const registry = registries[kind as PolicyKind] as FollowableRegistry<NamedInstance> | undefined;
      if (registry === undefined) continue;
      const added = metersOfKind.map((meter) => meters.add(meter));
      const labelsOfKind = new PartitionLabels(maxPartitionLabels, clock);
      partitionLabels.push(labelsOfKind);
      unsubscribes.push(
        followRegistry(registry, (instance) => {
          const show = (labels: Labels): Unsubscribe => {
            const removals = added.map((add) => add(instance, labels));
            return joinUnsubscribes(removals);
          };
          const partition = registry.partitionOf?.(instance.name);
          return partition === undefined ? show({ name: instance.name }) : labelsOfKind.add(instance, partition, show);
        }),
      );
    }
  } catch (error) {
    unbind();
    throw error;
  }
  return unbind;
}
