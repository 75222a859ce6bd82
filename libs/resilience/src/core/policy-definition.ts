import type { Clock } from './clock.ts';
import type { ActuatorView, EventTypes, Meter, SpanEvents } from './observability.ts';
import type { DynamicInstanceOptions } from './dynamic-instances.ts';
import type { ErrorClass, OptionSchema } from './options.ts';
import type { Usage } from './usage.ts';

/** What a registry holds: a policy, or something that policies share, such as a retry budget. */
export interface NamedInstance {
  /** What is protected, usually the name of a dependency. */
  readonly name: string;
  /** The resolved options. */
  readonly config: object;
  /** Its calls; left out for what makes none, such as a retry budget. */
  readonly usage?: Usage;
}

/** What instances get in addition to their options. A definition may ask for more. */
export interface PolicyEnvironment {
  /** Where time comes from; real time by default. */
  readonly clock?: Clock;
  /** Limits the instances with names that no definition declares. By default 1,000, and 1 h without use. */
  readonly dynamicInstances?: DynamicInstanceOptions;
}

/** The options that hold a wait which configuration files may let grow or randomize. */
export interface BackoffOptions {
  /** The option that holds a constant wait. */
  readonly wait: string;
  /** The options that hold a function instead; the first is what the properties of a file become. */
  readonly functions: readonly [string, ...string[]];
  /** Spring's property for the cap of an exponential wait. */
  readonly maxWait: 'exponentialMaxWaitDuration' | 'exponentialMaxWaitDurationInOpenState';
  /** Whether a wait may be exponential and randomized at once. */
  readonly mayCombine: boolean;
}

/** What configuration files know of a policy beyond its options: Spring's names and what Resilience4j also accepts. */
export interface FileFormat {
  /** Spring's other names of options. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** The wait that Spring's back-off properties describe. */
  readonly backoff?: BackoffOptions;
  /** Whether an instance has Spring's options of a health indicator. False by default. */
  readonly hasHealthIndicator?: boolean;
  /** Options of Resilience4j that have no effect here. */
  readonly meaninglessOptions?: readonly string[];
  /** Keys of Resilience4j next to `configs` and `instances` that have no effect here. */
  readonly meaninglessKeys?: readonly string[];
}

/** How an application describes a refused or ended call to its client, as in RFC 9457. */
export interface RefusalText {
  /** The HTTP status. */
  readonly status: number;
  readonly title: string;
  /** For the client, so without the name and the state of a policy. */
  readonly detail: string;
}

/** An error with which a policy refuses a call or ends it. */
export interface Refusal {
  readonly error: ErrorClass;
  readonly problem: RefusalText;
  /** The outcome of such a call in the doctor's simulation, e.g. `bulkheadFull`; `failed` by default. */
  readonly outcome?: string;
}

/** For refusals because a dependency is unavailable. */
export const dependencyUnavailable: RefusalText = {
  status: 503,
  title: 'Service unavailable',
  detail: 'A dependency of this service is unavailable. Try again later.',
};

/** For refusals because the service itself has too many calls. */
export const serviceBusy: RefusalText = {
  status: 503,
  title: 'Service busy',
  detail: 'The service is handling as many requests as it can. Try again later.',
};

/**
 * Everything that the library knows about one kind of policy. Registries, Nest providers, reload, actuator, metrics, span
 * events, pipeline order, configuration files and reference pages are derived from it.
 *
 * @typeParam K the kind, as code and configuration in code spell it
 * @typeParam P the instances
 * @typeParam O the options of an instance
 * @typeParam E what an instance needs in addition to its options
 */
export interface PolicyDefinition<
  K extends string = string,
  P extends NamedInstance = NamedInstance,
  O extends object = object,
  E extends PolicyEnvironment = PolicyEnvironment,
> {
  /** e.g. `circuitBreaker`. */
  readonly kind: K;
  /** In messages, e.g. `CircuitBreaker`. */
  readonly label: string;
  /** In documentation, e.g. `Circuit breaker`. */
  readonly title: string;
  /** The section below `resilience4j` in configuration files, e.g. `circuitbreaker`. */
  readonly section: string;
  /** Whether it wraps calls and so can be part of a pipeline. */
  readonly inPipeline: boolean;
  /** Names, defaults and limits of all options. */
  readonly options: OptionSchema<P['config']>;
  /** Options that cannot change while an instance lives. None by default. */
  readonly fixedOptions?: readonly string[];
  readonly file?: FileFormat;
  /** Every type of event; left out for what emits none. */
  readonly events?: EventTypes<P>;
  /** The metrics of an instance. None by default. */
  readonly meters?: readonly Meter<P>[];
  /** The events that are shown in spans. None by default. */
  readonly spanEvents?: SpanEvents<P>;
  /** The errors with which it refuses or ends calls. None by default. */
  readonly refusals?: readonly Refusal[];
  /** Whether the doctor leaves it out of a simulation, e.g. because its results would hide failures. False by default. */
  readonly isLeftOutOfSimulations?: boolean;
  /** Its endpoints in the actuator. Without them its events appear only in the stream. */
  readonly actuator?: ActuatorView<P>;
  /** The key of the environment under which definitions further down the table find the registry of this kind. */
  readonly environmentKey?: string;
  /**
   * Resolves options that depend on the environment; `undefined` if the schema is to resolve them, as by default.
   *
   * @param subject the owner of the options, for the error
   * @throws InvalidOptionsError listing every fault
   */
  resolve?(subject: string, options: O, environment: E): P['config'] | undefined;
  /** @throws InvalidOptionsError listing every fault */
  create(name: string, options: O, environment: E): P;
  /** Completes the environment that all instances of a registry share. */
  completeEnvironment?(environment: E): E;
  /**
   * Whether a registry may remove an instance without in-flight calls to make room for another: its next call needs none of
   * its state. True by default.
   */
  isRemovable?(instance: P): boolean;
  /** Releases what a removed instance holds. */
  dispose?(instance: P): void;
}

/** Kinds of policies, in the order of a pipeline, outermost first. */
export type PolicyTable = readonly PolicyDefinition[];

/** Checks a definition against its types and keeps them. */
export function definePolicy<
  const K extends string,
  P extends NamedInstance,
  O extends object,
  E extends PolicyEnvironment,
>(definition: PolicyDefinition<K, P, O, E>): PolicyDefinition<K, P, O, E> {
  return Object.freeze(definition);
}
