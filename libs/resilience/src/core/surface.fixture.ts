import { FakeClock } from '../testing/fake-clock.ts';
import { EventCounts, type ObservedInstance } from './event-counts.ts';
import type { PolicyEvent } from './events.ts';
import { type Labels, type Meter, wholeEvent } from './observability.ts';
import { createRegistry, policies, type PolicyEnvironmentOf, type PolicyKind } from './policies.ts';
import type { PolicyOf, PolicyOptionsOf } from './policies.ts';
import type { NamedInstance, PolicyDefinition } from './policy-definition.ts';

type Series = Readonly<Record<string, number>>;

/** An instance of a policy, and everything of it that users see without calling it: these names and texts are a contract. */
export interface Surface<P> {
  readonly clock: FakeClock;
  readonly instance: P;
  /** The present metrics, as Prometheus writes them. */
  metrics(): Series;
  /** Notes the metrics that have changed, and the actuator's view of this moment. */
  note(moment: string): void;
  /** As JSON, for a snapshot: the definition as data, the first event of each type, and what was noted. */
  toString(): string;
  /** The types of events that have not occurred. */
  missingEvents(): readonly string[];
}

/** Observes a new instance `customer`, as its registry creates it. The second one in views of partitions is idle. */
export function observeSurface<K extends PolicyKind>(
  kind: K,
  options: PolicyOptionsOf<K>,
  environment: PolicyEnvironmentOf<K> = {},
): Surface<PolicyOf<K>> {
  const definition: PolicyDefinition = policies.find((candidate) => candidate.kind === kind)!;
  const { meters = [], spanEvents, events: eventTypes = {}, actuator } = definition;
  const clock = new FakeClock();
  const instances = { customer: options, idle: options };
  const registry = createRegistry(kind, { instances }, { clock, ...environment });
  const instance = registry.getOrCreate('customer') as ObservedInstance;
  const idle: NamedInstance = registry.getOrCreate('idle');

  const events = new Map<string, object>();
  const types = Object.keys(eventTypes);
  for (const type of types) {
    instance.on(type, (event: PolicyEvent) => {
      if (events.has(type)) return;
      const span = spanEvents?.events[type];
      const described = {
        actuator: actuator?.describeEvent?.(event) ?? wholeEvent(event),
        ...(span && {
          span: `breakwater.${spanEvents?.policy}.${span.name}`,
          ownSpan: span.ownSpan,
          attributes: span.attributes?.(event, instance),
        }),
      };
      events.set(type, described);
    });
  }
  const readers = meters.map((meter) => readerOf(meter, instance));
  const metrics = (): Series => Object.assign({}, ...readers.map((read) => read())) as Series;

  const moments: Record<string, object> = {};
  let before: Series = {};
  const surface = {
    clock,
    instance: instance as unknown as PolicyOf<K>,
    metrics,
    note(moment: string) {
      const now = metrics();
      moments[moment] = {
        metrics: Object.fromEntries(Object.entries(now).filter(([series, value]) => value !== before[series])),
        actuator: actuator?.describe?.(instance),
        partitions: actuator?.describePartitions?.([instance, idle]),
        isRemovable: definition.isRemovable?.(instance),
      };
      before = now;
    },
    missingEvents: () => types.filter((type) => !events.has(type)),
    toString: () => {
      const whole = { definition: asData(definition), events: Object.fromEntries(events), moments };
      return `${JSON.stringify(whole, withoutFunctions, 2)}\n`;
    },
  };
  surface.note('before the first call');
  return surface;
}

function readerOf(meter: Meter<NamedInstance>, instance: ObservedInstance): () => Series {
  const series = (labels: Labels = {}) => {
    const names = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return names.length === 0 ? meter.name : `${meter.name}{${names.join()}}`;
  };
  if (meter.type === 'durations') {
    const counts: Record<string, number> = {};
    for (const [type, labels] of Object.entries<Labels | undefined>(meter.measures)) {
      counts[series(labels)] = 0;
      instance.on(type, () => void counts[series(labels)]!++);
    }
    return () => ({ ...counts });
  }
  if (meter.type !== 'eventCounter') {
    return () => Object.fromEntries(meter.read(instance).map(([value, labels]) => [series(labels), value]));
  }
  if (meter.appliesTo?.(instance) === false) return () => ({});
  const counts = new EventCounts(meter);
  counts.follow(instance);
  return () => Object.fromEntries(counts.samples().map(([value, labels]) => [series(labels), value]));
}

/** A definition without the parts that the events and the moments show. */
function asData({ actuator, options, ...others }: PolicyDefinition): object {
  return { ...others, spanEvents: undefined, options: options.rules, actuator: actuator?.plural };
}

/** Only the class of an error has a name that users see. */
function withoutFunctions(key: string, value: unknown): unknown {
  if (typeof value !== 'function') return value;
  return key === 'error' ? value.name : undefined;
}
