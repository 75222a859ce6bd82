import type { Group, Layer, Settings } from '../core/definitions.ts';
import { findRelaxed, relaxed } from './names.ts';
import { findGroup, groupKeys, pipelinesSection, type SectionFormat } from './section-format.ts';
import { isEmpty, isOfPipelines, type Property } from './sources.ts';
import { quoted, type ReadingContext, readSetting } from './values.ts';

/** A section of Resilience4j without a counterpart. Its others, such as `micrometer`, resemble none here and are ignored. */
const threadPools = 'thread-pool-bulkhead';

/** The definitions of one source by the kind of policy. */
export type Layers = ReadonlyMap<string, Layer>;

/** A layer that is being read. */
type Draft = Readonly<Record<Group, Map<string, Settings>>>;

/** Reads the definitions in the properties of one source. A path is: section, group, name, option. */
export function bindDefinitions(
  properties: readonly Property[],
  formats: readonly SectionFormat[],
  context: ReadingContext,
): Layers {
  const drafts = new Map(
    formats.map(({ kind }): [string, Draft] => [kind, { configs: new Map(), instances: new Map() }]),
  );
  const sections = formats.map(({ section }) => section);
  for (const property of properties) {
    const [written] = property.path;
    if (written === undefined || isOfPipelines(property)) continue;
    const format = formats.find(({ section }) => relaxed(section) === relaxed(written));
    if (format === undefined) reportSection(written, property, sections, context);
    else bindInSection(property, format, drafts.get(format.kind)!, context);
  }
  return drafts;
}

function reportSection(
  written: string,
  property: Property,
  sections: readonly string[],
  { issues }: ReadingContext,
): void {
  const place = property.origin(1);
  if (relaxed(written) === relaxed(threadPools)) {
    issues.ignore(`${place} (Node.js has no thread pools; a bulkhead limits the calls in flight)`);
  } else {
    issues.unknownKey(written, place, { known: [...sections, pipelinesSection], meaningless: [] });
  }
}

function bindInSection(property: Property, format: SectionFormat, draft: Draft, context: ReadingContext): void {
  const [, groupKey, name] = property.path;
  const group = findGroup(groupKey ?? '');
  if (group !== undefined && name !== undefined) {
    bindInGroup(property, name, draft[group], format, context);
  } else if (group === undefined && groupKey !== undefined) {
    const vocabulary = { known: groupKeys, meaningless: format.meaninglessKeys };
    context.issues.unknownKey(groupKey, property.origin(2), vocabulary);
  } else if (!isEmpty(property.value)) {
    const allowed = group === undefined ? groupKeys.join(', ') : 'names below it';
    context.issues.report({ option: property.origin(), given: quoted(property.value), allowed });
  }
}

function bindInGroup(
  property: Property,
  name: string,
  definitions: Map<string, Settings>,
  format: SectionFormat,
  context: ReadingContext,
): void {
  const settings = definitions.get(name) ?? {};
  const key = property.path.slice(3).join('.');
  if (key !== '') definitions.set(name, { ...settings, ...bindOption(property, key, settings, format, context) });
  else if (isEmpty(property.value)) definitions.set(name, settings);
  else {
    const given = quoted(property.value);
    context.issues.report({ option: property.origin(), given, allowed: 'options below it' });
  }
}

function bindOption(
  property: Property,
  key: string,
  earlier: Settings,
  { keys, aliases, rules, meaninglessOptions }: SectionFormat,
  context: ReadingContext,
): Settings {
  const { issues } = context;
  const place = property.origin();
  const known = findRelaxed(key, keys);
  if (known === undefined) {
    issues.unknownKey(key, place, { known: keys, meaningless: meaninglessOptions });
    return {};
  }
  if (isEmpty(property.value)) {
    issues.ignore(`${place} (it has no value)`);
    return {};
  }
  const option = aliases[known] ?? known;
  const first = earlier[option];
  if (first !== undefined) {
    const allowed = `one of the two; the other is ${first.origin}`;
    issues.report({ option: place, given: 'set a second time', allowed });
  }
  const setting = readSetting(property, { name: option, rule: rules[option] }, context);
  return setting === undefined ? {} : { [option]: setting };
}
