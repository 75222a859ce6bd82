import { nearestName } from '../core/nearest-name.ts';
import { mergeOptions } from '../core/options.ts';
import type { Definition, RegistryDefinitions } from '../core/registry.ts';
import type { Findings } from './findings.ts';
import { emptyLayer, type Group, type Layer, type Layers } from './layer.ts';
import type { Settings } from './settings.ts';
import { baseConfigOption, type PatternFormat } from './pattern-format.ts';

/** Knows what each definition builds on. The registry merges by itself; what is found here is for `toOptions`. */
export class BaseConfigChains {
  readonly #format: PatternFormat;
  readonly #layer: Layer;
  readonly #findings: Findings;

  /** @param layers all sources, laid over one another */
  constructor(format: PatternFormat, layers: Layers, findings: Findings) {
    this.#format = format;
    this.#layer = layers.get(format.section) ?? emptyLayer;
    this.#findings = findings;
  }

  /** The definitions as a registry takes them. */
  definitions(): RegistryDefinitions<object> {
    return { configs: this.#definitionsIn('configs'), instances: this.#definitionsIn('instances') };
  }

  /** What is said of an instance beside the options of its policy, by name; what is not said is left out. */
  extras(name: string): Readonly<Record<string, unknown>> {
    const own = this.#layer.instances.get(name) ?? {};
    const below = this.#settingsBelow(own, this.#baseOf('instances', name, own), []);
    const resolved = mergeOptions(this.#format.rules, below, own);
    const said = this.#format.extras.filter((extra) => resolved[extra] !== undefined);
    return Object.fromEntries(said.map((extra) => [extra, resolved[extra]?.value]));
  }

  #definitionsIn(group: Group): Readonly<Record<string, Definition<object>>> {
    const definitions = [...this.#layer[group]].map(([name, own]): [string, Definition<object>] => {
      const below = this.#settingsBelow(own, this.#baseOf(group, name, own), group === 'configs' ? [name] : []);
      const resolved = mergeOptions(this.#format.rules, below, own);
      const settings = Object.entries(this.#format.toOptions(own, resolved, this.#findings));
      const options = settings.filter(([option]) => !this.#format.extras.includes(option));
      return [name, Object.fromEntries(options.map(([option, { value }]) => [option, value]))];
    });
    return Object.fromEntries(definitions);
  }

  /** As in the registry: an instance that names no base builds on its namesake, else on `default`. */
  #baseOf(group: Group, name: string, own: Settings): string | undefined {
    const given = own[baseConfigOption]?.value as string | undefined;
    if (given !== undefined || group === 'configs') return given;
    return [name, 'default'].find((candidate) => this.#layer.configs.has(candidate));
  }

  /** @param seen the configurations on the way, so that a circle ends */
  #settingsBelow(own: Settings, base: string | undefined, seen: readonly string[]): Settings {
    if (base === undefined) return {};
    const settings = this.#layer.configs.get(base);
    const place = own[baseConfigOption]?.origin ?? base;
    if (settings === undefined) {
      this.#findings.fault(place, `'${base}'`, nameAllowed(base, [...this.#layer.configs.keys()]));
      return {};
    }
    if (seen.includes(base)) {
      this.#findings.fault(place, `'${base}', in a circle (${[...seen, base].join(' → ')})`, 'a chain that ends');
      return {};
    }
    const below = this.#settingsBelow(settings, this.#baseOf('configs', base, settings), [...seen, base]);
    return mergeOptions(this.#format.rules, below, settings);
  }
}

function nameAllowed(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `${nearest}, if that is what you meant`;
  return known.length === 0 ? 'the name of a configuration in configs, of which there is none' : known.join(', ');
}
