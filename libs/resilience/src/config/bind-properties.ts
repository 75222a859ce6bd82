import { findGroup, type Group, groupKeys, type Layers } from './layer.ts';
import type { Setting, Settings } from './settings.ts';
import { optionNames, type PatternFormat } from './pattern-format.ts';
import { isAboutPipelines, pipelinesSection } from './pipelines.ts';
import { isEmpty, type Property } from './property.ts';
import { type ReadingContext, readSetting } from './read-setting.ts';
import { findRelaxed, relaxed } from './relaxed-name.ts';
import { reportUnknownKey } from './unknown-key.ts';
import { quoted } from './words.ts';

const threadPools = 'thread-pool-bulkhead';

/** Sections of Resilience4j's that are no pattern of this library. */
const otherSections = ['micrometer', 'scheduled', 'spelresolver', threadPools];

/** A layer in the making. */
type Draft = Readonly<Record<Group, Map<string, Settings>>>;

/** Reads the properties of one source: a path leads through section, group and name to an option. */
export function bindProperties(
  properties: readonly Property[],
  formats: readonly PatternFormat[],
  context: ReadingContext,
): Layers {
  const sections = formats.map(({ section }) => section);
  const drafts = new Map(
    sections.map((section): [string, Draft] => [section, { configs: new Map(), instances: new Map() }]),
  );
  for (const property of properties) {
    const [sectionKey = ''] = property.path;
    const section = findRelaxed(sectionKey, sections);
    const format = formats.find((candidate) => candidate.section === section);
    const draft = drafts.get(section ?? '');
    if (format !== undefined && draft !== undefined) bindInSection(property, format, draft, context);
    else if (property.path.length > 0 && !isAboutPipelines(property)) reportSection(property, sections, context);
  }
  return drafts;
}

function reportSection(property: Property, sections: readonly string[], { findings }: ReadingContext): void {
  const [sectionKey = ''] = property.path;
  if (relaxed(sectionKey) === relaxed(threadPools)) {
    findings.ignored(`${property.origin(1)} (there are no thread pools here; a bulkhead limits the calls under way)`);
    return;
  }
  const vocabulary = { known: [...sections, pipelinesSection], meaningless: otherSections };
  reportUnknownKey(sectionKey, property.origin(1), vocabulary, findings);
}

function bindInSection(property: Property, format: PatternFormat, draft: Draft, context: ReadingContext): void {
  const [, groupKey, name] = property.path;
  const { findings } = context;
  const group = findGroup(groupKey ?? '');
  if (group !== undefined && name !== undefined) {
    bindInGroup(property, format, draft[group], name, context);
  } else if (group === undefined && groupKey !== undefined) {
    const vocabulary = { known: groupKeys, meaningless: format.meaninglessKeys };
    reportUnknownKey(groupKey, property.origin(2), vocabulary, findings);
  } else if (!isEmpty(property.value)) {
    findings.fault(
      property.origin(),
      quoted(property.value),
      group === undefined ? groupKeys.join(', ') : 'names below it',
    );
  }
}

function bindInGroup(
  property: Property,
  format: PatternFormat,
  named: Map<string, Settings>,
  name: string,
  context: ReadingContext,
): void {
  const settings = named.get(name) ?? {};
  const optionKey = property.path.slice(3).join('.');
  const { findings } = context;
  if (optionKey !== '') {
    named.set(name, { ...settings, ...bindOption(property, optionKey, settings, format, context) });
  } else if (isEmpty(property.value)) {
    named.set(name, settings);
  } else {
    findings.fault(property.origin(), quoted(property.value), 'options below it');
  }
}

function bindOption(
  property: Property,
  optionKey: string,
  earlier: Settings,
  format: PatternFormat,
  context: ReadingContext,
): Settings {
  const { findings } = context;
  const known = optionNames(format);
  const name = findRelaxed(optionKey, known);
  if (name === undefined) {
    reportUnknownKey(optionKey, property.origin(), { known, meaningless: format.meaninglessOptions }, findings);
    return {};
  }
  if (isEmpty(property.value)) {
    findings.ignored(`${property.origin()} (it has no value)`);
    return {};
  }
  const option = format.aliases[name] ?? name;
  const first: Setting | undefined = earlier[option];
  if (first !== undefined)
    findings.fault(property.origin(), 'set a second time', `one of the two; the other is ${first.origin}`);
  const setting = readSetting(property, option, format, context);
  return setting === undefined ? {} : { [option]: setting };
}
