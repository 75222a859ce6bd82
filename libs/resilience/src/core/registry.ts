import { systemClock } from './clock.ts';
import {
  type Definition,
  Definitions,
  type OptionChange,
  optionChanges,
  type RegistryDefinitions,
} from './definitions.ts';
import { ConflictingDefinitionError } from './errors.ts';
import { EventEmitter, type Listener, type PolicyEvent, type Unsubscribe } from './events.ts';
import type { NamedInstance, PolicyDefinition, PolicyEnvironment } from './policy-definition.ts';

export type { Definition, RegistryDefinitions } from './definitions.ts';

interface RegistryEvent<T extends string, P> extends PolicyEvent {
  readonly type: T;
  readonly entry: P;
}

/** An instance goes on with other options. */
export interface EntryReconfiguredEvent<P> extends RegistryEvent<'ENTRY_RECONFIGURED', P> {
  readonly changes: readonly OptionChange[];
}

export type RegistryEvents<P> = {
  readonly ENTRY_ADDED: RegistryEvent<'ENTRY_ADDED', P>;
  readonly ENTRY_REMOVED: RegistryEvent<'ENTRY_REMOVED', P>;
  readonly ENTRY_RECONFIGURED: EntryReconfiguredEvent<P>;
};

/** A policy that can go on with other options. One that cannot keeps its own to the end. */
export interface Reconfigurable<O> {
  /** @param options checked already */
  reconfigure(options: O): void;
}

/** How an instance would differ under other definitions. */
export interface InstanceChange {
  /** What the instance is, as text: `CircuitBreaker 'customer'`. */
  readonly subject: string;
  readonly name: string;
  readonly changes: readonly OptionChange[];
  /** Whether the instance can go on with them. Otherwise they hold from the next start on. */
  readonly isApplicable: boolean;
}

/** New definitions, found to be right, that do not hold yet. */
export interface PreparedDefinitions {
  /** The instances made so far that they change. */
  readonly instanceChanges: readonly InstanceChange[];
  /** Makes them hold. Living instances go on with their new options; a call under way ends as it would have. */
  apply(): void;
}

/**
 * The instances of one kind of policy by the name of what they protect: one for each dependency, shared by all its callers.
 * There is no global registry; `createRegistry` makes one.
 */
export class Registry<P extends NamedInstance = NamedInstance, O extends object = object> {
  readonly #definition: PolicyDefinition<string, P, O>;
  readonly #environment: PolicyEnvironment;
  readonly #entries = new Map<string, P>();
  /** The options that instances were asked for with, and that no other definition may change. */
  readonly #givenByName = new Map<string, Definition<O>>();
  /** Of any instance, so that registries of different kinds have a common type. */
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
  }

  /**
   * The instance of this name; made at the first call from the definition of that name, or from `given`.
   *
   * @param given options of its own, or the name of a configuration to build on
   * @throws ConflictingDefinitionError when the name exists already with other options
   */
  getOrCreate(name: string, given?: Definition<O> | string): P {
    const definition = typeof given === 'string' ? ({ baseConfig: given } as Definition<O>) : given;
    const existing = this.#entries.get(name);
    if (existing !== undefined && definition === undefined) return existing;

    const config = this.#definitions.configOf(name, definition);
    if (existing === undefined) {
      const entry = this.#definition.create(name, config as O, this.#environment);
      this.#entries.set(name, entry);
      if (definition !== undefined) this.#givenByName.set(name, definition);
      this.#events.emit({ type: 'ENTRY_ADDED', creationTime: this.#now(), entry });
      return entry;
    }
    const differing = optionChanges(existing.config, config).map(({ option }) => option);
    if (differing.length > 0) throw new ConflictingDefinitionError(this.#subject(name), differing);
    return existing;
  }

  find(name: string): P | undefined {
    return this.#entries.get(name);
  }

  /** All instances made so far, in the order of their making. */
  all(): readonly P[] {
    return [...this.#entries.values()];
  }

  /** The names of all instances, made or only defined. */
  names(): readonly string[] {
    return [...new Set([...this.#definitions.names(), ...this.#entries.keys()])];
  }

  /** Forgets an instance, and returns it. Calls that hold it go on with it. */
  remove(name: string): P | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    this.#givenByName.delete(name);
    this.#definition.dispose?.(entry);
    this.#events.emit({ type: 'ENTRY_REMOVED', creationTime: this.#now(), entry });
    return entry;
  }

  /** Adds or replaces a named configuration. Instances that exist already keep theirs. */
  addConfiguration(name: string, definition: Definition<O>): void {
    const added = { ...this.#added, [name]: definition };
    const definitions = this.#define(this.#given, added);
    definitions.check();
    this.#added = added;
    this.#definitions = definitions;
  }

  /** The options of a named configuration, with what it builds on. @throws ConfigurationNotFoundError */
  configuration(name: string): O {
    return this.#definitions.configuration(name);
  }

  /**
   * Checks definitions that are to take the place of those given at first, and finds out what they would change. Nothing
   * changes before they are applied. Configurations that were added one by one stay, and so do defaults where none are
   * given, and the options that an instance was asked for with.
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
        const config = definitions.configOf(entry.name, this.#givenByName.get(entry.name));
        return { entry, config, changes: optionChanges(entry.config, config) };
      })
      .filter(({ changes }) => changes.length > 0);

    return {
      instanceChanges: changed.map(({ entry, changes }) => {
        const { name } = entry;
        return { subject: this.#subject(name), name, changes, isApplicable: this.#canChange(entry, changes) };
      }),
      apply: () => {
        this.#given = given;
        this.#definitions = definitions;
        for (const { entry, config, changes } of changed) this.#reconfigure(entry, config as O, changes);
      },
    };
  }

  /** Tells of instances that are added, removed or reconfigured, so that meters can follow. Returns what ends it. */
  on<K extends keyof RegistryEvents<P>>(type: K, listener: Listener<RegistryEvents<P>[K]>): Unsubscribe {
    return this.#events.on(type, listener as Listener<RegistryEvents<NamedInstance>[K]>);
  }

  /** Forgets all instances and frees what they hold. */
  dispose(): void {
    for (const name of this.#entries.keys()) this.remove(name);
  }

  #define(given: RegistryDefinitions<O>, added: Readonly<Record<string, Definition<O>>>): Definitions<P, O> {
    const definitions = { ...given, configs: { ...given.configs, ...added } };
    return new Definitions(this.#definition, definitions, this.#environment);
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

  #subject(name: string): string {
    return `${this.#definition.label} '${name}'`;
  }

  #now(): number {
    return (this.#environment.clock ?? systemClock).now();
  }
}

function isReconfigurable<P, O>(policy: P): policy is P & Reconfigurable<O> {
  return typeof (policy as Partial<Reconfigurable<O>>).reconfigure === 'function';
}
