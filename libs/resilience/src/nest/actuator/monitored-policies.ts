import type { Type } from '@nestjs/common';
import type { Listener, PolicyEvent, Unsubscribe } from '../../core/events.ts';
import type { FollowableRegistry } from '../../core/follow-registry.ts';
import { wholeEvent } from '../../core/observability.ts';
import { type PolicyKind, registryToken } from '../../core/policies.ts';
import type { NamedInstance, PolicyDefinition, PolicyTable } from '../../core/policy-definition.ts';
import type { RegistryEvents } from '../../core/registry.ts';

/** An instance of a policy that emits events. */
export interface MonitoredInstance extends NamedInstance {
  bufferedEvents(): readonly PolicyEvent[];
  onEvent(listener: Listener<PolicyEvent>): Unsubscribe;
}

/** The part of a registry that the actuator uses. */
export interface MonitoredRegistry extends FollowableRegistry<MonitoredInstance> {
  on<K extends keyof RegistryEvents<MonitoredInstance>>(
    type: K,
    listener: Listener<RegistryEvents<MonitoredInstance>[K]>,
  ): Unsubscribe;
  /** The instances of partitions by the name that is partitioned. */
  partitions(): ReadonlyMap<string, readonly MonitoredInstance[]>;
}

/** A policy in the actuator. */
export interface MonitoredPolicy {
  readonly kind: PolicyKind;
  readonly registry: Type<MonitoredRegistry>;
  describeEvent(event: PolicyEvent): object;
  /** The state of an instance, which is added to each of its events. */
  describeState(instance: NamedInstance): object | undefined;
  /** All partitions of a name together. */
  describePartitions(instances: readonly NamedInstance[]): object;
}

/** A policy with endpoints, as Resilience4j has them. */
export interface PolicyWithEndpoints extends MonitoredPolicy {
  /** The path of the list, e.g. `circuitbreakers`. */
  readonly path: string;
  /** The member of the response that holds the list, e.g. `circuitBreakers`. */
  readonly listKey: string;
  /** Whether the list has the state of each instance, by name, and not only the names. */
  readonly isDescribed: boolean;
  readonly eventsPath: string;
  readonly eventsKey: string;
  readonly eventTypes: readonly string[];
}

/** All policies of a table that emit events, in its order. */
export function monitoredPolicies(table: PolicyTable): readonly MonitoredPolicy[] {
  return table.filter(({ events }) => events !== undefined).map(monitoredPolicy);
}

/** The policies of a table that have endpoints, in its order. */
export function policiesWithEndpoints(table: PolicyTable): readonly PolicyWithEndpoints[] {
  return table.flatMap((definition) => {
    const { kind, actuator, events = {} } = definition;
    if (actuator === undefined) return [];
    const eventsKey = `${kind}Events`;
    return {
      ...monitoredPolicy(definition),
      path: actuator.plural.toLowerCase(),
      listKey: actuator.plural,
      isDescribed: actuator.describe !== undefined,
      eventsPath: eventsKey.toLowerCase(),
      eventsKey,
      eventTypes: Object.keys(events),
    };
  });
}

function monitoredPolicy({ kind, actuator }: PolicyDefinition): MonitoredPolicy {
  return {
    kind: kind as PolicyKind,
    registry: registryToken(kind as PolicyKind) as unknown as Type<MonitoredRegistry>,
    describeEvent: (event) => actuator?.describeEvent?.(event) ?? wholeEvent(event),
    describeState: (instance) => actuator?.describe?.(instance),
    describePartitions: (instances) => ({
      partitions: instances.length,
      ...actuator?.describePartitions?.(instances),
    }),
  };
}

/** The response of a list endpoint: the instances by name if they are described, else their names. */
export function listOf(policy: PolicyWithEndpoints, registry: MonitoredRegistry): Readonly<Record<string, unknown>> {
  const instances = registry.all().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const described = instances.map((instance) => [instance.name, policy.describeState(instance)] as const);
  return { [policy.listKey]: policy.isDescribed ? Object.fromEntries(described) : described.map(([name]) => name) };
}
