import { ConfigurationNotFoundError, InvalidOptionsError, type OptionFault } from './errors.ts';

/** Options of an instance or of a named configuration, which may build on another named configuration. */
export type Definition<O> = O & {
  /** The named configuration that this one builds on. An instance without it builds on `default`, where there is one. */
  readonly baseConfig?: string;
};

/** The named configurations and the instances that a registry knows from the start. */
export interface RegistryDefinitions<O> {
  /** What holds where neither an instance nor a configuration says anything; over the defaults of the options themselves. */
  readonly defaults?: O;
  /** Named configurations. `default` is what instances build on that name no other. */
  readonly configs?: Readonly<Record<string, Definition<O>>>;
  /** What is particular to an instance, by its name. The instance itself is made when it is first asked for. */
  readonly instances?: Readonly<Record<string, Definition<O>>>;
}

/** What has to be known about options to put definitions together. */
export interface OptionsKind<O> {
  /** What to call one in messages, e.g. `CircuitBreaker`. */
  readonly label: string;
  /** `override` on top of `base`, both as given. */
  merge(base: O, override: O): O;
  /**
   * What options come to: the configuration of an instance that is made of them.
   *
   * @throws InvalidOptionsError listing every fault
   */
  resolve(subject: string, options: O): object;
}

const defaultConfigName = 'default';

/** Named configurations and instances as they are at one time, and what each of them comes to. */
export class Definitions<O extends object> {
  readonly #kind: OptionsKind<O>;
  readonly #defaults: O;
  readonly #configs: ReadonlyMap<string, Definition<O>>;
  readonly #instances: ReadonlyMap<string, Definition<O>>;

  constructor(kind: OptionsKind<O>, { defaults, configs = {}, instances = {} }: RegistryDefinitions<O>) {
    this.#kind = kind;
    this.#defaults = defaults ?? ({} as O);
    this.#configs = new Map(Object.entries(configs));
    this.#instances = new Map(Object.entries(instances));
  }

  /** The names of the instances. */
  names(): readonly string[] {
    return [...this.#instances.keys()];
  }

  /**
   * What an instance is made of. As in Resilience4j, one that names no base builds on its namesake, else on `default`.
   *
   * @param given takes the place of the definition of that name
   */
  optionsOf(name: string, given?: Definition<O>): O {
    const definition = given ?? this.#instances.get(name) ?? ({} as Definition<O>);
    if (definition.baseConfig !== undefined) return this.#chain(definition, []);

    const base = [name, defaultConfigName].find((candidate) => this.#configs.has(candidate));
    return base === undefined ? this.#chain(definition, []) : this.#chain({ ...definition, baseConfig: base }, []);
  }

  /** The options of a named configuration, with what it builds on. @throws ConfigurationNotFoundError */
  configuration(name: string): O {
    return this.#chain({ baseConfig: name } as Definition<O>, []);
  }

  /**
   * Checks all definitions at once, used or not.
   *
   * @throws InvalidOptionsError listing every fault of every definition
   * @throws ConfigurationNotFoundError when a definition builds on a configuration that does not exist
   */
  checkAll(): void {
    const faults: OptionFault[] = [];
    const collect = (section: string, name: string, options: O): void => {
      try {
        this.#kind.resolve(`The ${this.#kind.label} configuration ${section}.${name}`, options);
      } catch (error) {
        if (!(error instanceof InvalidOptionsError)) throw error;
        for (const fault of error.faults) faults.push({ ...fault, option: `${section}.${name}.${fault.option}` });
      }
    };
    for (const [name, definition] of this.#configs) collect('configs', name, this.#chain(definition, [name]));
    for (const [name, definition] of this.#instances) collect('instances', name, this.optionsOf(name, definition));
    if (faults.length > 0) throw new InvalidOptionsError(`The ${this.#kind.label} configuration`, faults);
  }

  /** @throws InvalidOptionsError listing every fault of the named configuration */
  checkConfiguration(name: string): void {
    const definition = this.#configs.get(name) ?? ({} as Definition<O>);
    this.#kind.resolve(`The ${this.#kind.label} configuration configs.${name}`, this.#chain(definition, [name]));
  }

  #chain(definition: Definition<O>, seen: readonly string[]): O {
    const { baseConfig, ...own } = definition;
    if (baseConfig === undefined) return this.#kind.merge(this.#defaults, own as unknown as O);
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
