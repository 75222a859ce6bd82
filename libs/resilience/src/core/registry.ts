import type { Clock } from './clock.ts';
import { ConfigurationNotFoundError, ConflictingDefinitionError, InvalidOptionsError } from './errors.ts';
import { EventEmitter, type Listener, type PolicyEvent, type Unsubscribe } from './events.ts';

/** Options of an instance or of a named configuration, which may build on another named configuration. */
export type Definition<O> = O & {
  /** The named configuration that this one builds on. An instance without it builds on `default`, where there is one. */
  readonly baseConfig?: string;
};

/** The named configurations and the instances that a registry knows from the start. */
export interface RegistryDefinitions<O> {
  /** Named configurations. `default` is what instances build on that name no other. */
  readonly configs?: Readonly<Record<string, Definition<O>>>;
  /** What is particular to an instance, by its name. The instance itself is made when it is first asked for. */
  readonly instances?: Readonly<Record<string, Definition<O>>>;
}

interface RegistryEvent<T extends string, P> extends PolicyEvent {
  readonly type: T;
  readonly entry: P;
}

export type RegistryEvents<P> = {
  readonly ENTRY_ADDED: RegistryEvent<'ENTRY_ADDED', P>;
  readonly ENTRY_REMOVED: RegistryEvent<'ENTRY_REMOVED', P>;
};

/** What a registry has to know about the kind of policy that it holds. */
export interface PolicyKind<P, O> {
  /** What to call one in messages, e.g. `CircuitBreaker`. */
  readonly label: string;
  /** When entries are added and removed is told by it. */
  readonly clock: Clock;
  create(name: string, options: O): P;
  /** `override` on top of `base`, both as given. */
  merge(base: O, override: O): O;
  /** Finds what is wrong with options before an instance is made of them. */
  check(subject: string, options: O): void;
  /** Frees what a removed instance holds. */
  dispose?(policy: P): void;
}

const defaultConfigName = 'default';

/**
 * The instances of one kind of policy by the name of what they protect: one for each dependency, shared by all who call
 * it. There is no global registry; whoever needs one is given it.
 */
export class Registry<P extends { readonly name: string; readonly config: object }, O extends object> {
  readonly #kind: PolicyKind<P, O>;
  readonly #configs = new Map<string, Definition<O>>();
  readonly #definitions: ReadonlyMap<string, Definition<O>>;
  readonly #entries = new Map<string, P>();
  readonly #events = new EventEmitter<RegistryEvents<P>>();

  /**
   * Checks all definitions at once, used or not.
   *
   * @throws InvalidOptionsError listing every fault of every definition
   * @throws ConfigurationNotFoundError when a definition builds on a configuration that does not exist
   */
  constructor(kind: PolicyKind<P, O>, { configs = {}, instances = {} }: RegistryDefinitions<O> = {}) {
    this.#kind = kind;
    for (const [name, definition] of Object.entries(configs)) this.#configs.set(name, definition);
    this.#definitions = new Map(Object.entries(instances));
    this.#checkAll();
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

    const wanted = this.#kind.create(name, this.#optionsOf(name, definition));
    if (existing === undefined) {
      this.#entries.set(name, wanted);
      this.#events.emit({ type: 'ENTRY_ADDED', creationTime: this.#kind.clock.now(), entry: wanted });
      return wanted;
    }
    this.#kind.dispose?.(wanted);
    const differing = differences(existing.config, wanted.config);
    if (differing.length > 0) throw new ConflictingDefinitionError(`${this.#kind.label} '${name}'`, differing);
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
    return [...new Set([...this.#definitions.keys(), ...this.#entries.keys()])];
  }

  /** Forgets an instance, and returns it. Calls that hold it go on with it. */
  remove(name: string): P | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    this.#kind.dispose?.(entry);
    this.#events.emit({ type: 'ENTRY_REMOVED', creationTime: this.#kind.clock.now(), entry });
    return entry;
  }

  /** Adds or replaces a named configuration. Instances that exist already keep theirs. */
  addConfiguration(name: string, definition: Definition<O>): void {
    const previous = this.#configs.get(name);
    this.#configs.set(name, definition);
    try {
      this.#kind.check(this.#describe('configs', name), this.#chain(definition, [name]));
    } catch (error) {
      if (previous === undefined) this.#configs.delete(name);
      else this.#configs.set(name, previous);
      throw error;
    }
  }

  /** The options of a named configuration, with what it builds on. @throws ConfigurationNotFoundError */
  configuration(name: string): O {
    return this.#chain({ baseConfig: name } as Definition<O>, []);
  }

  /** Tells of instances that are added or removed, so that meters can follow. Returns what ends it. */
  on<K extends keyof RegistryEvents<P>>(type: K, listener: Listener<RegistryEvents<P>[K]>): Unsubscribe {
    return this.#events.on(type, listener);
  }

  /** Forgets all instances and frees what they hold. */
  dispose(): void {
    for (const name of this.#entries.keys()) this.remove(name);
  }

  #checkAll(): void {
    const faults = [];
    const sections = { configs: this.#configs, instances: this.#definitions };
    for (const [section, definitions] of Object.entries(sections)) {
      for (const [name, definition] of definitions) {
        const options = section === 'configs' ? this.#chain(definition, [name]) : this.#optionsOf(name, definition);
        try {
          this.#kind.check(this.#describe(section, name), options);
        } catch (error) {
          if (!(error instanceof InvalidOptionsError)) throw error;
          for (const fault of error.faults) faults.push({ ...fault, option: `${section}.${name}.${fault.option}` });
        }
      }
    }
    if (faults.length > 0) throw new InvalidOptionsError(`The ${this.#kind.label} configuration`, faults);
  }

  #describe(section: string, name: string): string {
    return `The ${this.#kind.label} configuration ${section}.${name}`;
  }

  /** What an instance is made of. As in Resilience4j, one that names no base builds on its namesake, else on `default`. */
  #optionsOf(name: string, given: Definition<O> | undefined): O {
    const definition = given ?? this.#definitions.get(name) ?? ({} as Definition<O>);
    if (definition.baseConfig !== undefined) return this.#chain(definition, []);

    const base = [name, defaultConfigName].find((candidate) => this.#configs.has(candidate));
    return base === undefined ? this.#chain(definition, []) : this.#chain({ ...definition, baseConfig: base }, []);
  }

  #chain(definition: Definition<O>, seen: readonly string[]): O {
    const { baseConfig, ...own } = definition;
    if (baseConfig === undefined) return own as unknown as O;
    const base = this.#configs.get(baseConfig);
    if (base === undefined) throw new ConfigurationNotFoundError(baseConfig, [...this.#configs.keys()]);
    if (seen.includes(baseConfig)) {
      const circle = [...seen, baseConfig].join(' → ');
      throw new InvalidOptionsError(`The ${this.#kind.label} configuration`, [
        { option: 'baseConfig', given: `a circle: ${circle}`, allowed: 'a chain that ends' },
      ]);
    }
    return this.#kind.merge(this.#chain(base, [...seen, baseConfig]), own as unknown as O);
  }
}

function differences(existing: object, wanted: object): string[] {
  const before = existing as Record<string, unknown>;
  return Object.entries(wanted)
    .filter(([option, value]) => !isSame(before[option], value))
    .map(([option]) => option);
}

function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((entry, at) => entry === b[at]);
  return Object.is(a, b);
}
