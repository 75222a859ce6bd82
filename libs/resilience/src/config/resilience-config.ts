import type { Random } from '../core/interval-function.ts';
import type { RegistryDefinitions } from '../core/registry.ts';
import { BaseConfigChains } from './base-configs.ts';
import { bindProperties } from './bind-properties.ts';
import type { ConfigFile } from './config-file.ts';
import { type KnownNames, variableProperties } from './environment-variables.ts';
import { Findings } from './findings.ts';
import type { HealthExtras, HealthExtrasOf } from './health-extras.ts';
import { type ErrorTypes, type Predicates, withBuiltIn } from './known-names.ts';
import { layerOfDefinitions, type Layers, overlay } from './layer.ts';
import { patternFormats } from './pattern-formats.ts';
import { type PatternDefinitions, type PatternName, patternNames } from './patterns.ts';
import {
  bindPipelines,
  pipelinesInCode,
  type PipelineSettings,
  type PipelineSteps,
  pipelineSteps,
} from './pipelines.ts';
import type { Environment } from './placeholders.ts';
import { propertiesBelow, type Property } from './property.ts';
import type { ReadingContext } from './read-setting.ts';
import { isInForce } from './spring-profiles.ts';

/**
 * What configuration is made of beside files. Under the name of each pattern stands what the application defines in code;
 * files and environment are laid over it. Nothing by default.
 */
export interface ResilienceConfigContext extends Partial<PatternDefinitions> {
  /** Pipelines that the application declares in code; files and environment replace them one by one. None by default. */
  readonly pipelines?: PipelineSteps;
  /** The environment, for single values and for placeholders in files; `process.env` by default. */
  readonly env?: Environment;
  /** Error classes by the names that files call them, beside JavaScript's own and this library's. None by default. */
  readonly errorTypes?: ErrorTypes;
  /** Predicates by the names that files call them. None by default. */
  readonly predicates?: Predicates;
  /** What code asks for by name, so that environment variables find the right spelling. Nothing by default. */
  readonly namesInCode?: NamesInCode;
  /** Where randomized waits get their numbers from; `Math.random` by default. */
  readonly random?: Random;
}

/** Names of instances by pattern, and of pipelines, whose names may be those of instances of every pattern. */
export type NamesInCode = { readonly [K in PatternName | 'pipeline']?: readonly string[] };

/** What the registry of each pattern is made of, and what is worth a line in the log. */
export interface ResilienceConfig extends PatternDefinitions {
  /** The policies of each pipeline, outermost first. */
  readonly pipelines: PipelineSteps;
  /** What is said of instances for the sake of their health indicators. */
  readonly extras: { readonly circuitBreaker: HealthExtrasOf; readonly rateLimiter: HealthExtrasOf };
  /** What has no effect, all in one text; empty when everything has. */
  readonly warnings: readonly string[];
}

/**
 * Makes one configuration of code, files and environment. What comes later in that order wins, option by option, and so
 * does a later file over an earlier one, as Spring's profiles do.
 *
 * @throws InvalidOptionsError listing every fault with the place of each
 */
export function resilienceConfig(
  files: readonly ConfigFile[],
  context: ResilienceConfigContext = {},
): ResilienceConfig {
  const { env = process.env, predicates = {}, random = Math.random } = context;
  const errorTypes = withBuiltIn(context.errorTypes);
  const findings = new Findings();
  const formats = patternFormats(random);

  const sources = sourcesOf(files, context, { formats, reading: { env, predicates, errorTypes, findings } });
  const chainsOf = (pattern: PatternName) => new BaseConfigChains(formats[pattern], sources.layers, findings);
  const entries = patternNames.map((pattern) => [pattern, chainsOf(pattern).definitions()]);
  const definitions = Object.fromEntries(entries) as PatternDefinitions;
  const pipelines = pipelineSteps(sources.pipelines, definitions, findings);
  findings.throwFaults();

  const extrasOf = (pattern: PatternName): HealthExtrasOf => {
    const chains = chainsOf(pattern);
    const silent: HealthExtras = { registerHealthIndicator: false, allowHealthIndicatorToFail: false };
    return (name) => ({ ...silent, ...chains.extras(name) });
  };
  const extras = { circuitBreaker: extrasOf('circuitBreaker'), rateLimiter: extrasOf('rateLimiter') };
  return { ...definitions, pipelines, extras, warnings: findings.warnings() };
}

/** All sources, laid over one another. */
interface Sources {
  readonly layers: Layers;
  readonly pipelines: PipelineSettings;
}

/** How sources are read. */
interface Reading {
  readonly formats: ReturnType<typeof patternFormats>;
  readonly reading: ReadingContext;
}

function sourcesOf(files: readonly ConfigFile[], inCode: ResilienceConfigContext, how: Reading): Sources {
  const { env, findings } = how.reading;
  const formats = patternNames.map((pattern) => how.formats[pattern]);
  const read = (properties: readonly Property[]): Sources => ({
    layers: bindProperties(properties, formats, how.reading),
    pipelines: bindPipelines(properties, how.reading),
  });
  const lay = (below: Sources, above: Sources): Sources => ({
    layers: overlay(formats, below.layers, above.layers),
    pipelines: new Map([...below.pipelines, ...above.pipelines]),
  });

  const below = files
    .flatMap((file) => documentsOf(file, env, findings))
    .map(read)
    .reduce(lay, codeOf(inCode, how.formats));
  const knownNames = knownNamesOf(below, inCode.namesInCode ?? {}, how.formats);
  return lay(below, read(variableProperties(env, formats, knownNames, findings)));
}

function codeOf(inCode: ResilienceConfigContext, formats: Reading['formats']): Sources {
  const layers = patternNames.map((pattern) => {
    const definitions: RegistryDefinitions<object> | undefined = inCode[pattern];
    return [formats[pattern].section, layerOfDefinitions(definitions)] as const;
  });
  return { layers: new Map(layers), pipelines: pipelinesInCode(inCode.pipelines) };
}

function knownNamesOf({ layers, pipelines }: Sources, names: NamesInCode, formats: Reading['formats']): KnownNames {
  const ofPipelines = [...pipelines.keys(), ...(names.pipeline ?? [])];
  const ofInstances = new Map(patternNames.map((pattern) => [formats[pattern].section, names[pattern] ?? []]));
  return {
    pipelines: ofPipelines,
    of: (section, group) => [
      ...(layers.get(section)?.[group].keys() ?? []),
      ...(group === 'instances' ? [...(ofInstances.get(section) ?? []), ...ofPipelines] : []),
    ],
  };
}

/** The properties of each document of a file that is in force. */
function documentsOf({ label, documents }: ConfigFile, env: Environment, findings: Findings): readonly Property[][] {
  const found = documents.filter((document) => isInForce(document, label, env, findings));
  const properties = found.map((document) => [...propertiesBelow('resilience4j', document, label)]);
  if (properties.every(({ length }) => length === 0)) findings.ignored(`${label}: nothing in it is below resilience4j`);
  return properties;
}
