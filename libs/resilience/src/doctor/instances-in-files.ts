import { readConfigFile } from '../config/config-file.ts';
import { builtInErrorTypes, type ErrorTypes, findByName, findRelaxed, type Predicates } from '../config/names.ts';
import { loadResilienceConfig, type ResilienceConfig } from '../config/resilience-config.ts';
import { sectionFormats } from '../config/section-format.ts';
import { propertiesBelow } from '../config/sources.ts';
import { type Environment, fillPlaceholders, wordsIn } from '../config/values.ts';
import type { Clock } from '../core/clock.ts';
import type { ErrorClass, OptionRule } from '../core/options.ts';
import { createRegistries, type PipelineKind, pipelineKindsOf, policies } from '../core/policies.ts';
import { type Instance, instancesOf } from './instance.ts';

/** The instances that configuration files define. */
export interface InstancesInFiles {
  readonly instances: readonly Instance[];
  /** What has no effect, and what could not be examined; for people. */
  readonly warnings: readonly string[];
}

/** The random number of randomized waits: always the middle, so that results are repeatable. */
const middle = (): number => 0.5;

/** Nothing runs here, so no timer has to fire. */
const stoppedClock: Clock = { now: () => 0, schedule: () => () => {} };

/**
 * Reads the instances of all policies in configuration files. If the files define only configurations `default`, the result
 * is an instance of that name, since code gets these options for any other name.
 *
 * The application's error classes and predicates are not available here. Each name of a class is replaced by a class of its
 * own; a predicate that records or retries is assumed to be true for every error, any other to be false.
 *
 * @param files paths; a later one overrides an earlier one
 * @throws InvalidOptionsError listing every fault
 * @throws ConfigFileError if a file cannot be read
 */
export async function instancesInFiles(
  files: readonly string[],
  env: Environment = process.env,
): Promise<InstancesInFiles> {
  const names = await namesIn(files, env);
  const config = await loadResilienceConfig({ files, env, random: middle, ...names });
  const warnings = [...config.warnings, ...predicateWarning(names.predicates)];
  return { instances: instancesOfConfig(config), warnings };
}

function instancesOfConfig(config: ResilienceConfig): readonly Instance[] {
  const registries = createRegistries(config, { clock: stoppedClock, random: middle });
  const kinds = pipelineKindsOf();
  for (const kind of kinds) for (const name of registries[kind].names()) registries[kind].getOrCreate(name);
  if (kinds.every((kind) => registries[kind].all().length === 0)) {
    const configured = kinds.filter((kind) => config[kind].configs?.['default'] !== undefined);
    for (const kind of configured) registries[kind].getOrCreate('default');
  }
  return instancesOf(registries).map((instance) => {
    const budget = instance.retry?.retryBudget;
    const retryBudget = budget === undefined ? undefined : registries.retryBudget.getOrCreate(budget).config;
    // A member with an instance of another name is diagnosed as that instance.
    const order = config.pipelines[instance.name]?.filter((member) => kinds.some((kind) => kind === member));
    return { ...instance, retryBudget, order: order as readonly PipelineKind[] | undefined };
  });
}

interface StandIns {
  readonly errorTypes: ErrorTypes;
  readonly predicates: Predicates;
}

/** Substitutes for the error classes and predicates that files name. */
async function namesIn(files: readonly string[], env: Environment): Promise<StandIns> {
  const errorTypes: Record<string, ErrorClass> = {};
  const predicates: Record<string, () => boolean> = {};
  for (const { documents, label } of await Promise.all(files.map((file) => readConfigFile(file)))) {
    for (const { path, value } of documents.flatMap((document) => propertiesBelow('resilience4j', document, label))) {
      const option = optionAt(path);
      if (option?.rule.kind === 'errorClasses') {
        for (const name of namesOf(value, env)) {
          if (findByName(name, builtInErrorTypes) === undefined) errorTypes[name] ??= classNamed(name);
        }
      } else if (option?.rule.kind === 'errorPredicate' || option?.rule.kind === 'resultPredicate') {
        const result = option.rule.kind === 'errorPredicate' && !option.name.startsWith('ignore');
        for (const name of namesOf(value, env)) predicates[name] ??= () => result;
      }
    }
  }
  return { errorTypes, predicates };
}

const formats = sectionFormats(policies);

function optionAt([section = '', , , ...key]: readonly string[]):
  { readonly name: string; readonly rule: OptionRule<unknown> } | undefined {
  const format = formats.find((candidate) => findRelaxed(section, [candidate.section]) !== undefined);
  const written = findRelaxed(key.join('.'), format?.keys ?? []) ?? '';
  const name = format?.aliases[written] ?? written;
  const rule = format?.rules[name];
  return rule === undefined ? undefined : { name, rule };
}

/** Names may be text with commas, a list, or a list with an index for each entry. */
function namesOf(value: unknown, env: Environment): readonly string[] {
  return wordsIn(value).flatMap((word) => {
    const filled = fillPlaceholders(word, env);
    return 'text' in filled ? wordsIn(filled.text) : [];
  });
}

function classNamed(name: string): ErrorClass {
  const standIn = class extends Error {};
  Object.defineProperty(standIn, 'name', { value: name });
  return standIn;
}

function predicateWarning(predicates: Predicates): readonly string[] {
  const names = Object.keys(predicates);
  if (names.length === 0) return [];
  return [
    `The application's predicates are not available here: ${names.join(', ')}. One that records or retries is assumed to be ` +
      'true for every error, any other to be false.',
  ];
}
