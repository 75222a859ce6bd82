import type { CircuitBreakerOptions } from '../core/circuit-breaker/circuit-breaker.options.ts';
import type { Random } from '../core/interval-function.ts';
import type { RegistryDefinitions } from '../core/registry.ts';
import { definitionsOf } from './base-configs.ts';
import { bindProperties } from './bind-properties.ts';
import { circuitBreakerFormat } from './circuit-breaker.format.ts';
import type { ConfigFile } from './config-file.ts';
import { type KnownNames, variableProperties } from './environment-variables.ts';
import { Findings } from './findings.ts';
import { builtInErrorTypes, type ErrorTypes, type Predicates } from './known-names.ts';
import { layerOfDefinitions, type Layers, overlay } from './layer.ts';
import type { Environment } from './placeholders.ts';
import type { PatternFormat } from './pattern-format.ts';
import { propertiesBelow, type Property } from './property.ts';
import type { ReadingContext } from './read-setting.ts';
import { isInForce } from './spring-profiles.ts';

/** What configuration is made of beside files. */
export interface ResilienceConfigContext {
  /** What the application defines in code; files and environment are laid over it. Nothing by default. */
  readonly circuitBreaker?: RegistryDefinitions<CircuitBreakerOptions>;
  /** The environment, for single values and for placeholders in files; `process.env` by default. */
  readonly env?: Environment;
  /** Error classes by the names that files call them, beside JavaScript's own and this library's. None by default. */
  readonly errorTypes?: ErrorTypes;
  /** Predicates by the names that files call them. None by default. */
  readonly predicates?: Predicates;
  /** Circuit breakers that code asks for by name, so that environment variables find the right spelling. None by default. */
  readonly circuitBreakerNames?: readonly string[];
  /** Where randomized waits get their numbers from; `Math.random` by default. */
  readonly random?: Random;
}

/** What the registry of each pattern is made of, and what is worth a line in the log. */
export interface ResilienceConfig {
  readonly circuitBreaker: RegistryDefinitions<CircuitBreakerOptions>;
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
  const errorTypes = { ...builtInErrorTypes, ...context.errorTypes };
  const findings = new Findings();
  const circuitBreaker: Pattern = {
    format: circuitBreakerFormat(random),
    definitions: context.circuitBreaker,
    names: context.circuitBreakerNames ?? [],
  };

  const layers = layersOf([circuitBreaker], files, { env, predicates, errorTypes, findings });
  const definitions = definitionsOf(circuitBreaker.format, layers, findings);
  findings.throwFaults();
  return { circuitBreaker: definitions, warnings: findings.warnings() };
}

/** A pattern with what code says about it. */
interface Pattern {
  readonly format: PatternFormat;
  readonly definitions: RegistryDefinitions<object> | undefined;
  readonly names: readonly string[];
}

function layersOf(patterns: readonly Pattern[], files: readonly ConfigFile[], context: ReadingContext): Layers {
  const { env, findings } = context;
  const formats = patterns.map(({ format }) => format);
  const inCode = patterns.map(({ format, definitions }) => [format.section, layerOfDefinitions(definitions)] as const);
  const inFiles = files
    .flatMap((file) => documentsOf(file, env, findings))
    .map((properties) => bindProperties(properties, formats, context));
  const below = inFiles.reduce((lower, upper) => overlay(formats, lower, upper), new Map(inCode) as Layers);

  const namesInCode = new Map(patterns.map(({ format, names }) => [format.section, names]));
  const knownNames: KnownNames = (section, group) => [
    ...(below.get(section)?.[group].keys() ?? []),
    ...(group === 'instances' ? (namesInCode.get(section) ?? []) : []),
  ];
  const variables = variableProperties(env, formats, knownNames, findings);
  return overlay(formats, below, bindProperties(variables, formats, context));
}

/** The properties of each document of a file that is in force. */
function documentsOf({ label, documents }: ConfigFile, env: Environment, findings: Findings): readonly Property[][] {
  const found = documents.filter((document) => isInForce(document, label, env, findings));
  const properties = found.map((document) => [...propertiesBelow('resilience4j', document, label)]);
  if (properties.every(({ length }) => length === 0)) findings.ignored(`${label}: nothing in it is below resilience4j`);
  return properties;
}
