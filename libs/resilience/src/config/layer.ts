import { mergeOptions } from '../core/options.ts';
import type { Definition, RegistryDefinitions } from '../core/registry.ts';
import type { PatternFormat } from './pattern-format.ts';
import { findRelaxed } from './relaxed-name.ts';
import type { Setting, Settings } from './settings.ts';

export type Group = 'configs' | 'instances';

/** What the groups are called in files; `backends` and `limiters` are Resilience4j's old names of the instances. */
const groupsByKey: Readonly<Record<string, Group>> = {
  configs: 'configs',
  instances: 'instances',
  backends: 'instances',
  limiters: 'instances',
};

export const groupKeys: readonly string[] = Object.keys(groupsByKey);

export function findGroup(written: string): Group | undefined {
  return groupsByKey[findRelaxed(written, groupKeys) ?? ''];
}

/** The definitions that one source gives for a pattern: application code, a file, or the environment. */
export type Layer = Readonly<Record<Group, ReadonlyMap<string, Settings>>>;

/** What one source defines, by the section of each pattern. */
export type Layers = ReadonlyMap<string, Layer>;

export const emptyLayer: Layer = { configs: new Map(), instances: new Map() };

/** What application code defines. */
export function layerOfDefinitions({ configs, instances }: RegistryDefinitions<object> = {}): Layer {
  return { configs: settingsByName('configs', configs), instances: settingsByName('instances', instances) };
}

/** Lays one source over another, option by option. */
export function overlay(formats: readonly PatternFormat[], below: Layers, above: Layers): Layers {
  const layers = formats.map((format): [string, Layer] => {
    const [lower, upper] = [below, above].map((source) => source.get(format.section) ?? emptyLayer) as [Layer, Layer];
    return [
      format.section,
      {
        configs: overlayNames(format, lower.configs, upper.configs),
        instances: overlayNames(format, lower.instances, upper.instances),
      },
    ];
  });
  return new Map(layers);
}

function overlayNames(
  { rules }: PatternFormat,
  below: ReadonlyMap<string, Settings>,
  above: ReadonlyMap<string, Settings>,
): ReadonlyMap<string, Settings> {
  const merged = new Map(below);
  for (const [name, settings] of above) merged.set(name, mergeOptions(rules, merged.get(name) ?? {}, settings));
  return merged;
}

function settingsByName(
  group: Group,
  definitions: Readonly<Record<string, Definition<object>>> = {},
): ReadonlyMap<string, Settings> {
  const named = Object.entries(definitions).map(([name, definition]): [string, Settings] => {
    const settings = Object.entries(definition).map(([option, value]: [string, unknown]): [string, Setting] => [
      option,
      { value, origin: `${group}.${name}.${option} in the application's code` },
    ]);
    return [name, Object.fromEntries(settings.filter(([, { value }]) => value !== undefined))];
  });
  return new Map(named);
}
