import {
  BaseConfigs,
  baseConfigOption,
  type Definition,
  emptyLayer,
  type Group,
  type Layer,
  layerOf,
  overlay,
  type RegistryDefinitions,
  type UnusableBase,
} from '../core/definitions.ts';
import type { Random } from '../core/interval-function.ts';
import { suggestion } from '../core/options.ts';
import { pipelineKindsOf, policies, type PolicyDefinitions, type PolicyKind } from '../core/policies.ts';
import type { PolicyTable } from '../core/policy-definition.ts';
import { withBackoff } from './backoff.ts';
import { bindDefinitions, type Layers } from './bind.ts';
import type { ConfigFile } from './config-text.ts';
import { type KnownNames, propertiesInEnvironment } from './environment.ts';
import { ConfigIssues } from './issues.ts';
import { type ErrorTypes, type NameLookup, namesInTables, type Predicates } from './names.ts';
import {
  bindPipelines,
  type PipelinePolicies,
  pipelinePolicies,
  pipelinesInCode,
  type PipelinesInCode,
  type PipelineSettings,
} from './pipelines.ts';
import { type Environment, lookupIn } from './placeholders.ts';
import { activeDocuments } from './profiles.ts';
import { type HealthOptions, healthRules, type SectionFormat, sectionFormats } from './section-format.ts';
import { documentsIn, joinLists, keysOfDocuments, propertiesBelow, type Property } from './sources.ts';
import { withStandardPipelines } from './standard-pipelines.ts';
import type { ReadingContext } from './values.ts';

/**
 * The configuration apart from files. Definitions of the application's code are members named like the policies; files
 * and environment override them. Empty by default.
 */
export interface ResilienceConfigContext extends Partial<PolicyDefinitions> {
  /** Pipelines in code (`standard` or a list), each of which files and environment replace as a whole. None by default. */
  readonly pipelines?: PipelinesInCode;
  /** Environment variables, for single values and for placeholders in files; `process.env` by default. */
  readonly env?: Environment;
  /** Error classes by their names in files, in addition to those of JavaScript and of this library. None by default. */
  readonly errorTypes?: ErrorTypes;
  /** Predicates by their names in files. None by default. */
  readonly predicates?: Predicates;
  /** Names that code uses, so that environment variables find the right spelling. None by default. */
  readonly namesInCode?: NamesInCode;
  /** The random numbers of randomized waits; `Math.random` by default. */
  readonly random?: Random;
}

/** Names of instances by policy, and of pipelines, which may be names of instances of every policy. */
export type NamesInCode = { readonly [K in PolicyKind | 'pipeline']?: readonly string[] };

/** The health options of an instance by its name; those of `default` if it is not defined. */
export type HealthOptionsOf = (name: string) => HealthOptions;

/** The definitions of all policies, for their registries, and warnings for the log. */
export interface ResilienceConfig extends PolicyDefinitions {
  /** The policies of each pipeline, outermost first. */
  readonly pipelines: PipelinePolicies;
  /** The options of instances for their health indicators. */
  readonly healthOptions: { readonly [K in PolicyKind]: HealthOptionsOf };
  /** One text with everything that has no effect, if there is any, and one for each Java class that is not known. */
  readonly warnings: readonly string[];
}

/**
 * Combines code, files and environment. A later source overrides an earlier one option by option; files in their order,
 * like Spring's profiles.
 *
 * @param table the policies; those of this library by default
 * @throws InvalidOptionsError listing every fault with its place
 */
export function resilienceConfig(
  files: readonly ConfigFile[],
  context: ResilienceConfigContext = {},
  table: PolicyTable = policies,
): ResilienceConfig {
  return configWithNames(files, context, table, namesInTables(context.errorTypes, context.predicates));
}

/**
 * Combines code, files and environment, like `resilienceConfig`.
 *
 * @param names finds what names in files mean, in place of the tables of the context
 * @throws InvalidOptionsError listing every fault with its place
 */
export function configWithNames(
  files: readonly ConfigFile[],
  context: Omit<ResilienceConfigContext, 'errorTypes' | 'predicates'>,
  table: PolicyTable,
  names: NameLookup,
): ResilienceConfig {
  const { random = Math.random } = context;
  const issues = new ConfigIssues();
  const formats = sectionFormats(table);
  const sources = readSources(files, context, formats, names, issues);
  const layers = withStandardPipelines(sources.layers, sources.pipelines, formats);

  const resolved = formats.map((format) => {
    const layer = layers.get(format.kind) ?? emptyLayer;
    const bases = new BaseConfigs(format.rules, layer, (base) => reportBase(base, issues));
    return { format, bases, definitions: definitionsIn(layer, format, bases, { issues, random }) };
  });
  const definitions = Object.fromEntries(
    resolved.map(({ format, definitions }) => [format.kind, definitions]),
  ) as unknown as PolicyDefinitions;
  const pipelines = pipelinePolicies(sources.pipelines, definitions, pipelineKindsOf(table), issues.report);
  issues.throwFaults();

  const healthOptions = Object.fromEntries(
    resolved.map(({ format, bases }) => [format.kind, (name: string) => healthOptionsIn(bases.ofInstance(name))]),
  ) as unknown as ResilienceConfig['healthOptions'];
  return { ...definitions, pipelines, healthOptions, warnings: issues.warnings() };
}

/** The definitions for a registry. Their values are parsed; each contains only what it sets itself. */
function definitionsIn(
  layer: Layer,
  format: SectionFormat,
  bases: BaseConfigs,
  context: { readonly issues: ConfigIssues; readonly random: Random },
): RegistryDefinitions<object> {
  const { backoff, rules, schema } = format;
  const read = (group: Group) => {
    const definitions = [...layer[group]].map(([name, own]): [string, Definition<object>] => {
      const resolved = group === 'configs' ? bases.ofConfiguration(name) : bases.ofInstance(name);
      const settings = backoff === undefined ? own : withBackoff(own, resolved, { rules, backoff }, context);
      const options = Object.entries(settings).filter(([option]) => !Object.hasOwn(healthRules, option));
      const definition = Object.fromEntries(options.map(([option, { value }]) => [option, value]));
      return [name, Object.freeze(schema.markParsed(definition))];
    });
    return Object.fromEntries(definitions);
  };
  return { configs: read('configs'), instances: read('instances') };
}

function healthOptionsIn(settings: ReturnType<BaseConfigs['ofInstance']>): HealthOptions {
  const options = Object.entries(healthRules).map(([option, rule]) => [
    option,
    settings[option]?.value ?? rule.defaultValue,
  ]);
  return Object.fromEntries(options) as HealthOptions;
}

function reportBase({ name, known, origin, circle }: UnusableBase, issues: ConfigIssues): void {
  const option = origin ?? baseConfigOption;
  if (circle !== undefined) {
    const given = `'${name}', in a circle (${circle.join(' → ')})`;
    issues.report({ option, given, allowed: 'a chain that ends' });
    return;
  }
  const list = known.length === 0 ? 'the name of a configuration in configs, which is empty' : known.join(', ');
  issues.report({ option, given: `'${name}'`, allowed: suggestion(name, known) ?? list });
}

/** The combined sources. */
interface Sources {
  readonly layers: Layers;
  readonly pipelines: PipelineSettings;
}

function readSources(
  files: readonly ConfigFile[],
  inCode: Omit<ResilienceConfigContext, 'errorTypes' | 'predicates'>,
  formats: readonly SectionFormat[],
  names: NameLookup,
  issues: ConfigIssues,
): Sources {
  const { env = process.env } = inCode;
  const documents = activeDocuments(
    files.flatMap((file) => documentsIn(file, issues)),
    env,
    issues,
  );
  const context: ReadingContext = { names, lookup: lookupIn(env, keysOfDocuments(documents)), issues };
  const read = (properties: readonly Property[]): Sources => ({
    layers: bindDefinitions(properties, formats, context),
    pipelines: bindPipelines(properties, context),
  });
  const combine = (below: Sources, above: Sources): Sources => {
    const layerIn = ({ layers }: Sources, kind: string) => layers.get(kind) ?? emptyLayer;
    const layers = formats.map(({ kind, rules }) => {
      return [kind, overlay(rules, layerIn(below, kind), layerIn(above, kind))] as const;
    });
    return { layers: new Map(layers), pipelines: new Map([...below.pipelines, ...above.pipelines]) };
  };
  const code = { layers: layersOfCode(inCode, formats, issues), pipelines: pipelinesInCode(inCode.pipelines) };
  const inFiles = documents.map(({ label, tree }) => ({
    label,
    properties: propertiesBelow('resilience4j', tree, label),
  }));
  for (const { label } of files) {
    const isUsed = inFiles.some((document) => document.label === label && document.properties.length > 0);
    if (!isUsed) issues.ignore(`${label}: it contains nothing below resilience4j`);
  }
  const below = inFiles.map(({ properties }) => read(joinLists(properties, issues))).reduce(combine, code);
  const known = knownNamesIn(below, inCode.namesInCode ?? {});
  return combine(below, read(propertiesInEnvironment(env, formats, known, issues)));
}

function layersOfCode(
  inCode: Partial<PolicyDefinitions>,
  formats: readonly SectionFormat[],
  { report }: ConfigIssues,
): Layers {
  const layers = formats.map(({ kind, schema }) => {
    const definitions: RegistryDefinitions<object> = inCode[kind as PolicyKind] ?? {};
    return [kind, layerOf(schema, definitions, report, (path) => `${path} in the application's code`)] as const;
  });
  return new Map(layers);
}

function knownNamesIn({ layers, pipelines }: Sources, inCode: NamesInCode): KnownNames {
  const ofPipelines = [...pipelines.keys(), ...(inCode.pipeline ?? [])];
  return {
    pipelines: ofPipelines,
    of: ({ kind }, group) => {
      const defined = [...layers.get(kind)![group].keys()];
      return group === 'configs' ? defined : [...defined, ...(inCode[kind as PolicyKind] ?? []), ...ofPipelines];
    },
  };
}
