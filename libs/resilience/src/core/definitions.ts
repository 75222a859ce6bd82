import { ConfigurationNotFoundError, InvalidOptionsError, type OptionFault } from './errors.ts';
import { describeIntervalFunction } from './interval-function.ts';
import { mergeOptions, type OptionRules, type OptionSchema } from './options.ts';
import type { NamedInstance, PolicyDefinition, PolicyEnvironment } from './policy-definition.ts';

/** Options of an instance or of a named configuration, which may build on another named configuration. */
export type Definition<O> = O & {
  /** The named configuration to build on. An instance without it builds on its namesake or on `default`, if there is one. */
  readonly baseConfig?: string;
};

/** Named configurations, and the options of instances by name. */
export interface RegistryDefinitions<O> {
  /** Replaces the defaults of the options. */
  readonly defaults?: O;
  /** Named configurations. Instances build on `default` unless they name another. */
  readonly configs?: Readonly<Record<string, Definition<O>>>;
  /** Options of instances by name. An instance is created when it is first used. */
  readonly instances?: Readonly<Record<string, Definition<O>>>;
}

/** A value with its origin, for messages. */
export interface Setting {
  readonly value: unknown;
  /** Where it was set, e.g. `configs.default.slidingWindowSize`, or the place in a file. */
  readonly origin: string;
}

/** The settings of one definition, by option. */
export type Settings = Readonly<Record<string, Setting>>;

export type Group = 'configs' | 'instances';

/** The settings of all definitions of a policy, from one source or from several. */
export type Layer = Readonly<Record<Group, ReadonlyMap<string, Settings>>>;

export const emptyLayer: Layer = { configs: new Map(), instances: new Map() };

/** The option that names the configuration which a definition builds on. */
export const baseConfigOption = 'baseConfig';

/**
 * The settings of definitions in code, parsed by the rules of the options.
 *
 * @param originOf where a path such as `configs.default.slidingWindowSize` is, for messages
 */
export function layerOf<O extends object>(
  schema: OptionSchema<object>,
  { configs = {}, instances = {} }: RegistryDefinitions<O>,
  report: (fault: OptionFault) => void,
  originOf: (path: string) => string = (path) => path,
): Layer {
  const read = (group: Group, definitions: Readonly<Record<string, Definition<O>>>) =>
    new Map(
      Object.entries(definitions).map(([name, definition]) => [
        name,
        settingsOf(schema, definition, report, (option) => originOf(`${group}.${name}.${option}`)),
      ]),
    );
  return { configs: read('configs', configs), instances: read('instances', instances) };
}

function settingsOf<O extends object>(
  schema: OptionSchema<object>,
  definition: Definition<O>,
  report: (fault: OptionFault) => void,
  originOf: (option: string) => string,
): Settings {
  const { [baseConfigOption]: base, ...own } = definition;
  const { values, faults } = schema.parse(schema.isParsed(definition) ? schema.markParsed(own) : own);
  for (const fault of faults) report({ ...fault, option: originOf(fault.option) });
  const set = Object.entries({ ...values, [baseConfigOption]: base }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([option, value]) => [option, { value, origin: originOf(option) }]));
}

/** The definitions of `above` on top of those of `below`, option by option. */
export function overlay(rules: OptionRules, below: Layer, above: Layer): Layer {
  const merged = (group: Group) => {
    const names = [...new Set([...below[group].keys(), ...above[group].keys()])];
    const settings = (layer: Layer, name: string) => layer[group].get(name) ?? {};
    return new Map(names.map((name) => [name, mergeOptions(rules, settings(below, name), settings(above, name))]));
  };
  return { configs: merged('configs'), instances: merged('instances') };
}

/** A base configuration that does not exist, or that leads back to itself. */
export interface UnusableBase {
  readonly name: string;
  readonly known: readonly string[];
  /** Where it is named; `undefined` for a base that a caller asked for. */
  readonly origin: string | undefined;
  /** The configurations that lead back to it, if it exists. */
  readonly circle: readonly string[] | undefined;
}

/** Resolves definitions to their settings, including those of the configurations that they build on. */
export class BaseConfigs {
  readonly #rules: OptionRules;
  readonly #layer: Layer;
  readonly #defaults: Settings;
  readonly #refuse: (base: UnusableBase) => void;

  /** @param refuse reports a base that cannot be used; if it returns, the settings of that base are left out */
  constructor(rules: OptionRules, layer: Layer, refuse: (base: UnusableBase) => void, defaults: Settings = {}) {
    this.#rules = rules;
    this.#layer = layer;
    this.#refuse = refuse;
    this.#defaults = defaults;
  }

  /** As in Resilience4j, an instance without a base builds on the configuration of its own name, else on `default`. */
  ofInstance(name: string, own: Settings = this.#layer.instances.get(name) ?? {}): Settings {
    const base = [name, 'default'].find((candidate) => this.#layer.configs.has(candidate));
    return this.#resolve(own, [], base);
  }

  ofConfiguration(name: string): Settings {
    const own = this.#layer.configs.get(name);
    if (own !== undefined) return this.#resolve(own, [name]);
    this.#refuse({ name, known: [...this.#layer.configs.keys()], origin: undefined, circle: undefined });
    return {};
  }

  /** @param seen the configurations on the way */
  #resolve(own: Settings, seen: readonly string[], otherwise?: string): Settings {
    const { value, origin } = own[baseConfigOption] ?? { value: otherwise, origin: undefined };
    if (value === undefined) return mergeOptions(this.#rules, this.#defaults, own);
    const name = value as string;
    const base = this.#layer.configs.get(name);
    if (base !== undefined && !seen.includes(name)) {
      return mergeOptions(this.#rules, this.#resolve(base, [...seen, name]), own);
    }
    const circle = base === undefined ? undefined : [...seen, name];
    this.#refuse({ name, known: [...this.#layer.configs.keys()], origin, circle });
    return mergeOptions(this.#rules, this.#defaults, own);
  }
}

/** The definitions of one kind of policy at one time, and the configurations that they resolve to. */
export class Definitions<P extends NamedInstance, O extends object> {
  readonly #policy: PolicyDefinition<string, P, O>;
  readonly #environment: PolicyEnvironment;
  readonly #layer: Layer;
  readonly #bases: BaseConfigs;
  readonly #faults: OptionFault[] = [];
  /** Of the names that are not defined: one for all of them, however many tenants there are. */
  #configOfOthers: P['config'] | undefined;

  constructor(
    policy: PolicyDefinition<string, P, O>,
    definitions: RegistryDefinitions<O>,
    environment: PolicyEnvironment,
  ) {
    const { label, options: schema } = policy;
    this.#policy = policy;
    this.#environment = environment;
    const report = (fault: OptionFault): void => void this.#faults.push(fault);
    const defaults = settingsOf(schema, definitions.defaults ?? {}, report, (option) => `defaults.${option}`);
    this.#layer = layerOf(schema, definitions, report);
    const refuse = ({ name, known, circle }: UnusableBase): never => {
      if (circle === undefined) throw new ConfigurationNotFoundError(name, known);
      const given = `a circle: ${circle.join(' → ')}`;
      throw new InvalidOptionsError(`The ${label} configuration`, [
        { option: baseConfigOption, given, allowed: 'a chain that ends' },
      ]);
    };
    this.#bases = new BaseConfigs(schema.rules, this.#layer, refuse, defaults);
  }

  /** Whether an instance of this name is defined. */
  has(name: string): boolean {
    return this.#layer.instances.has(name);
  }

  /** The names of the instances. */
  names(): readonly string[] {
    return [...this.#layer.instances.keys()];
  }

  /**
   * The configuration of an instance.
   *
   * @param given replaces the definition of that name
   * @throws InvalidOptionsError listing every fault
   */
  configOf(name: string, given?: Definition<O>): P['config'] {
    const subject = `${this.#policy.label} '${name}'`;
    if (given === undefined) {
      if (this.has(name) || this.#layer.configs.has(name)) return this.#resolve(subject, this.#bases.ofInstance(name));
      return (this.#configOfOthers ??= this.#resolve(subject, this.#bases.ofInstance(name)));
    }
    const faults: OptionFault[] = [];
    const own = settingsOf(
      this.#policy.options,
      given,
      (fault) => faults.push(fault),
      (option) => option,
    );
    if (faults.length > 0) throw new InvalidOptionsError(subject, faults);
    return this.#resolve(subject, this.#bases.ofInstance(name, own));
  }

  /** The options of a named configuration and its bases. @throws ConfigurationNotFoundError */
  configuration(name: string): O {
    return this.#optionsIn(this.#bases.ofConfiguration(name));
  }

  /**
   * Checks all definitions at once, used or not.
   *
   * @throws InvalidOptionsError listing every fault of every definition
   * @throws ConfigurationNotFoundError if a definition builds on a configuration that does not exist
   */
  check(): void {
    const faults = [...this.#faults];
    const checkOne = (path: string, settings: Settings): void => {
      try {
        this.#resolve(path, settings);
      } catch (error) {
        if (!(error instanceof InvalidOptionsError)) throw error;
        faults.push(...error.faults.map((fault) => ({ ...fault, option: `${path}.${fault.option}` })));
      }
    };
    for (const name of this.#layer.configs.keys()) checkOne(`configs.${name}`, this.#bases.ofConfiguration(name));
    for (const name of this.names()) checkOne(`instances.${name}`, this.#bases.ofInstance(name));
    if (faults.length > 0) throw new InvalidOptionsError(`The ${this.#policy.label} configuration`, faults);
  }

  #resolve(subject: string, settings: Settings): P['config'] {
    const options = this.#optionsIn(settings);
    return (
      this.#policy.resolve?.(subject, options, this.#environment) ?? this.#policy.options.resolve(subject, options)
    );
  }

  #optionsIn(settings: Settings): O {
    const options = Object.entries(settings).filter(([option]) => option !== baseConfigOption);
    const values = Object.fromEntries(options.map(([option, { value }]) => [option, value]));
    return this.#policy.options.markParsed(values) as O;
  }
}

/** An option whose value differs between two configurations. */
export interface OptionChange {
  readonly option: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The options that differ between two configurations of a policy. */
export function optionChanges(before: object, after: object): readonly OptionChange[] {
  const old = before as Readonly<Record<string, unknown>>;
  return Object.entries(after as Readonly<Record<string, unknown>>)
    .filter(([option, value]) => !isSame(old[option], value))
    .map(([option, value]) => ({ option, before: old[option], after: value }));
}

function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((entry, at) => entry === b[at]);
  if (typeof a !== 'function' || typeof b !== 'function') return Object.is(a, b);
  const description = describeIntervalFunction(a);
  return a === b || (description !== undefined && description === describeIntervalFunction(b));
}
