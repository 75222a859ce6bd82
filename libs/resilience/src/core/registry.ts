import { type Clock, systemClock } from './clock.ts';
import {
  type Definition,
  Definitions,
  type OptionChange,
  optionChanges,
  type RegistryDefinitions,
} from './definitions.ts';
import { DynamicInstances, sharedInstanceName } from './dynamic-instances.ts';
import { ConflictingDefinitionError } from './errors.ts';
import { EventEmitter, type Listener, type PolicyEvent, type Unsubscribe } from './events.ts';
import { type Partition, partitionName } from './partitions.ts';
import type { NamedInstance, PolicyDefinition, PolicyEnvironment } from './policy-definition.ts';

export type { Definition, RegistryDefinitions } from './definitions.ts';

interface RegistryEvent<T extends string, P> extends PolicyEvent {
  readonly type: T;
  readonly entry: P;
}

/** An instance continues with changed options. */
export interface EntryReconfiguredEvent<P> extends RegistryEvent<'ENTRY_RECONFIGURED', P> {
  readonly changes: readonly OptionChange[];
}

export type RegistryEvents<P> = {
  readonly ENTRY_ADDED: RegistryEvent<'ENTRY_ADDED', P>;
  readonly ENTRY_REMOVED: RegistryEvent<'ENTRY_REMOVED', P>;
  readonly ENTRY_RECONFIGURED: EntryReconfiguredEvent<P>;
};

/** A policy whose options can change while it lives. */
export interface Reconfigurable<O> {
  /** @param options the options, already checked */
  reconfigure(options: O): void;
}

/** How an instance would differ under other definitions. */
export interface InstanceChange {
  /** The instance as text, e.g. `CircuitBreaker 'customer'`. */
  readonly subject: string;
  readonly name: string;
  readonly changes: readonly OptionChange[];
  /** Whether the instance can change while it lives. Otherwise the change takes effect at the next start. */
  readonly isApplicable: boolean;
}

/** New definitions that have been checked and are not yet in effect. */
export interface PreparedDefinitions {
  /** The existing instances that they change. Partitions that only follow one of them are not listed. */
  readonly instanceChanges: readonly InstanceChange[];
  /** Puts them into effect. Existing instances continue with their new options; in-flight calls keep theirs. */
  apply(): void;
}

/**
 * The instances of one kind of policy by name: one for each dependency, shared by all its callers. There is no global
 * registry; `createRegistry` creates one.
 *
 * Names that are in no definition and were not declared are dynamic. Their number is bounded (`dynamicInstances`), and an
 * idle instance is removed, so that names which come from requests, e.g. one for each tenant, cannot grow memory and metrics
 * without end. An instance with in-flight calls and a circuit breaker that is not CLOSED are never removed. When no instance
 * can be removed, calls with further names share the instance `other`.
 */
export class Registry<P extends NamedInstance = NamedInstance, O extends object = object> {
  readonly #definition: PolicyDefinition<string, P, O>;
  readonly #environment: PolicyEnvironment;
  readonly #entries = new Map<string, P>();
  readonly #declared = new Set<string>();
  readonly #dynamic: DynamicInstances<P>;
  /** The options that callers gave for an instance. Definitions do not change them. */
  readonly #givenByName = new Map<string, Definition<O>>();
  /** By the name of their instance. */
  readonly #partitions = new Map<string, Partition>();
  /** Typed for any instance, so that registries of different kinds have a common type. */
  readonly #events = new EventEmitter<RegistryEvents<NamedInstance>>();
  #given: RegistryDefinitions<O>;
  #added: Readonly<Record<string, Definition<O>>> = {};
  #definitions: Definitions<P, O>;

  /**
   * Checks all definitions at once, used or not.
   *
   * @throws InvalidOptionsError listing every fault of every definition
   * @throws ConfigurationNotFoundError when a definition builds on a configuration that does not exist
   */
  constructor(
    definition: PolicyDefinition<string, P, O>,
    definitions: RegistryDefinitions<O> = {},
    environment: PolicyEnvironment = {},
  ) {
    this.#definition = definition;
    this.#environment = definition.completeEnvironment?.(environment) ?? environment;
    this.#given = definitions;
    this.#definitions = this.#define(definitions, {});
    this.#definitions.check();
    this.#dynamic = new DynamicInstances<P>(
      {
        label: definition.label,
        clock: this.#clock,
        find: (name) => this.#entries.get(name),
        isRemovable: (instance) => definition.isRemovable?.(instance) ?? true,
        remove: (name) => this.remove(name),
      },
      environment.dynamicInstances,
    );
  }

  /**
   * Returns the instance of this name. The first call creates it from the definition of that name, or from `given`. A name
   * without a definition is dynamic: its instance is removed when it has not been used for `idleExpiry`. Use `declare` for
   * names in code whose instance is kept, e.g. in a constant.
   *
   * @param given its own options, or the name of a configuration to build on; without effect on the shared instance `other`
   * @throws ConflictingDefinitionError when the name exists already with other options
   */
  getOrCreate(name: string, given?: Definition<O> | string): P {
    const definition = typeof given === 'string' ? ({ baseConfig: given } as Definition<O>) : given;
    const existing = this.#entries.get(name);
    if (existing !== undefined) this.#dynamic.touch(name);
    if (existing !== undefined && definition === undefined) return existing;

    const config = this.#definitions.configOf(name, definition);
    if (existing === undefined) {
      const isDynamic = !this.#isDeclared(name);
      if (isDynamic && !this.#dynamic.admit()) return this.getOrCreate(sharedInstanceName);
      return this.#create(name, config, isDynamic, () => {
        if (definition !== undefined) this.#givenByName.set(name, definition);
      });
    }
    const differing = optionChanges(existing.config, config).map(({ option }) => option);
    if (differing.length > 0) throw new ConflictingDefinitionError(this.#subject(name), differing);
    return existing;
  }

  /** Like `getOrCreate`, for a name in code: the instance is kept, however long it is not used. */
  declare(name: string, given?: Definition<O> | string): P {
    this.#declared.add(name);
    this.#dynamic.delete(name);
    return this.getOrCreate(name, given);
  }

  /**
   * Returns the instance for the calls of `name` with this key, e.g. those of one tenant. It has the options of `name`,
   * also after a change of them, unless there is a definition for its own name, `<name>:<key>`. It is dynamic: at the
   * maximum of dynamic instances, keys without an instance share the partition `other` of that name.
   *
   * @throws InvalidOptionsError listing every fault of a definition in code
   */
  partition(name: string, key: string): P {
    const partition = { of: name, key };
    const instanceName = partitionName(partition);
    const existing = this.#entries.get(instanceName);
    if (existing !== undefined) {
      this.#dynamic.touch(instanceName);
      // One that has a definition may have been created before its first call.
      if (!this.#partitions.has(instanceName)) this.#partitions.set(instanceName, partition);
      return existing;
    }
    const config = this.#configIn(this.#definitions, instanceName, partition);
    const isDynamic = key !== sharedInstanceName && !this.#isDeclared(instanceName);
    if (isDynamic && !this.#dynamic.admit()) return this.partition(name, sharedInstanceName);
    return this.#create(instanceName, config, isDynamic, () => this.#partitions.set(instanceName, partition));
  }

  /** Which partition the instance of this name is for; `undefined` for an instance of all calls. */
  partitionOf(name: string): Partition | undefined {
    return this.#partitions.get(name);
  }

  /** The instances of partitions by the name that is partitioned, oldest first. */
  partitions(): ReadonlyMap<string, readonly P[]> {
    const instances = new Map<string, P[]>();
    for (const [name, { of }] of this.#partitions) {
      const instance = this.#entries.get(name);
      if (instance !== undefined) instances.set(of, [...(instances.get(of) ?? []), instance]);
    }
    return instances;
  }

  find(name: string): P | undefined {
    return this.#entries.get(name);
  }

  /** All existing instances, oldest first. */
  all(): readonly P[] {
    return [...this.#entries.values()];
  }

  /** The names of all instances, created or only defined. */
  names(): readonly string[] {
    return [...new Set([...this.#definitions.names(), ...this.#entries.keys()])];
  }

  /**
   * Removes an instance and returns it. Callers that hold it can still use it; a circuit breaker then permits their calls
   * and records none.
   */
  remove(name: string): P | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    this.#dynamic.delete(name);
    this.#givenByName.delete(name);
    this.#definition.dispose?.(entry);
    this.#events.emit({ type: 'ENTRY_REMOVED', creationTime: this.#now(), entry });
    this.#partitions.delete(name);
    return entry;
  }

  /** Adds or replaces a named configuration. Existing instances keep their options. */
  addConfiguration(name: string, definition: Definition<O>): void {
    const added = { ...this.#added, [name]: definition };
    const definitions = this.#define(this.#given, added);
    definitions.check();
    this.#added = added;
    this.#definitions = definitions;
  }

  /** The options of a named configuration, including those of its bases. @throws ConfigurationNotFoundError */
  configuration(name: string): O {
    return this.#definitions.configuration(name);
  }

  /**
   * Checks definitions that replace those of the constructor, and lists what they change. Nothing changes before they are
   * applied. Configurations that were added one by one, defaults if none are given, and options that callers gave for an
   * instance are kept.
   *
   * @throws InvalidOptionsError listing every fault of every definition
   * @throws ConfigurationNotFoundError when a definition builds on a configuration that does not exist
   */
  prepareDefinitions(wanted: RegistryDefinitions<O>): PreparedDefinitions {
    const given = { ...wanted, defaults: wanted.defaults ?? this.#given.defaults ?? ({} as O) };
    const definitions = this.#define(given, this.#added);
    definitions.check();
    const changed = [...this.#entries.values()]
      .map((entry) => {
        const config = this.#configIn(definitions, entry.name);
        return { entry, config, changes: optionChanges(entry.config, config) };
      })
      .filter(({ changes }) => changes.length > 0);
    const follows = (name: string): boolean => {
      const partition = this.#partitions.get(name);
      return partition !== undefined && !definitions.has(name) && this.#entries.has(partition.of);
    };
    const listed = changed.filter(({ entry }) => !follows(entry.name));

    return {
      instanceChanges: listed.map(({ entry, changes }) => {
        const { name } = entry;
        return { subject: this.#subject(name), name, changes, isApplicable: this.#canChange(entry, changes) };
      }),
      apply: () => {
        this.#given = given;
        this.#definitions = definitions;
        for (const name of definitions.names()) this.#dynamic.delete(name);
        for (const { entry, config, changes } of changed) {
          const wasRemoved = this.#entries.get(entry.name) !== entry;
          if (!wasRemoved) this.#reconfigure(entry, config as O, changes);
        }
      },
    };
  }

  /** Calls `listener` for each instance that is added, removed or reconfigured, until the returned function is called. */
  on<K extends keyof RegistryEvents<P>>(type: K, listener: Listener<RegistryEvents<P>[K]>): Unsubscribe {
    return this.#events.on(type, listener as Listener<RegistryEvents<NamedInstance>[K]>);
  }

  /** Removes all instances and releases what they hold. */
  dispose(): void {
    const names = [...this.#entries.keys()];
    for (const name of names) this.remove(name);
  }

  #define(given: RegistryDefinitions<O>, added: Readonly<Record<string, Definition<O>>>): Definitions<P, O> {
    const definitions = { ...given, configs: { ...given.configs, ...added } };
    return new Definitions(this.#definition, definitions, this.#environment);
  }

  /** The configuration of an instance by these definitions. A partition without its own has that of what it is part of. */
  #configIn(definitions: Definitions<P, O>, name: string, partition = this.#partitions.get(name)): P['config'] {
    const defined = partition === undefined || definitions.has(name) ? name : partition.of;
    return definitions.configOf(defined, this.#givenByName.get(defined));
  }

  /** @param onCreated called before the event */
  #create(name: string, config: P['config'], isDynamic: boolean, onCreated: () => void): P {
    const entry = this.#definition.create(name, config as O, this.#environment);
    this.#entries.set(name, entry);
    if (isDynamic) this.#dynamic.add(name);
    onCreated();
    this.#events.emit({ type: 'ENTRY_ADDED', creationTime: this.#now(), entry });
    return entry;
  }

  #reconfigure(entry: P, options: O, changes: readonly OptionChange[]): void {
    if (!isReconfigurable<P, O>(entry) || !this.#canChange(entry, changes)) return;
    entry.reconfigure(options);
    this.#events.emit({ type: 'ENTRY_RECONFIGURED', creationTime: this.#now(), entry, changes });
  }

  #canChange(entry: P, changes: readonly OptionChange[]): boolean {
    const { fixedOptions = [] } = this.#definition;
    return isReconfigurable<P, O>(entry) && !changes.some(({ option }) => fixedOptions.includes(option));
  }

  #isDeclared(name: string): boolean {
    return name === sharedInstanceName || this.#declared.has(name) || this.#definitions.has(name);
  }

  #subject(name: string): string {
    return `${this.#definition.label} '${name}'`;
  }

  get #clock(): Clock {
    return this.#environment.clock ?? systemClock;
  }

  #now(): number {
    return this.#clock.now();
  }
}

function isReconfigurable<P, O>(policy: P): policy is P & Reconfigurable<O> {
  return typeof (policy as Partial<Reconfigurable<O>>).reconfigure === 'function';
}
