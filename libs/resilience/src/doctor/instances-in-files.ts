import { readConfigFile } from '../config/config-file.ts';
import { builtInErrorTypes, type ErrorTypes, findByName, type Predicates } from '../config/known-names.ts';
import { loadResilienceConfig } from '../config/load-resilience-config.ts';
import { patternFormats } from '../config/pattern-formats.ts';
import { type Environment, fillPlaceholders } from '../config/placeholders.ts';
import { propertiesBelow } from '../config/property.ts';
import { findRelaxed } from '../config/relaxed-name.ts';
import type { ResilienceConfig } from '../config/resilience-config.ts';
import { wordsIn } from '../config/words.ts';
import type { Clock } from '../core/clock.ts';
import type { ErrorClass, OptionRule } from '../core/options.ts';
import { createRegistry } from '../core/policies.ts';
import type { Registry } from '../core/registry.ts';
import { type Instance, instancesOf, type Pattern, patterns } from './instance.ts';

/** What configuration files say, as the doctor sees it. */
export interface InstancesInFiles {
  readonly instances: readonly Instance[];
  /** What has no effect, and what could not be looked into; for people. */
  readonly warnings: readonly string[];
}

/** The draw of a randomized wait: always the middle, so that the doctor says the same twice. */
const middle = (): number => 0.5;

/** Nothing runs here, so that no time passes and no timer fires. */
const stoppedClock: Clock = { now: () => 0, schedule: () => () => {} };

/**
 * The instances of configuration files, of all patterns, put together by name. When only a configuration `default` is
 * there, it is looked at under that name, since it is what an instance would get that code asks for.
 *
 * Classes of errors and predicates are the application's, and not known here. Each name stands for a class of its own;
 * a predicate that records or retries is taken to do so with every error, and others with none.
 *
 * @param files paths; a later one is laid over an earlier one
 * @throws InvalidOptionsError listing every fault, or ConfigFileError
 */
export async function instancesInFiles(
  files: readonly string[],
  env: Environment = process.env,
): Promise<InstancesInFiles> {
  const names = await namesIn(files, env);
  const config = await loadResilienceConfig({ files, env, random: middle, ...names });
  const warnings = [...config.warnings, ...standInWarning(names.predicates)];
  return { instances: instancesOfConfig(config), warnings };
}

function instancesOfConfig(config: ResilienceConfig): readonly Instance[] {
  const environment = { clock: stoppedClock, random: middle };
  const retryBudgets = createRegistry('retryBudget', config.retryBudget, environment);
  const registries = {
    circuitBreaker: createRegistry('circuitBreaker', config.circuitBreaker, environment),
    retry: createRegistry('retry', config.retry, { ...environment, retryBudgets }),
    rateLimiter: createRegistry('rateLimiter', config.rateLimiter, environment),
    timeLimiter: createRegistry('timeLimiter', config.timeLimiter, environment),
    bulkhead: createRegistry('bulkhead', config.bulkhead, environment),
  };
  for (const registry of Object.values(registries)) makeAll(registry);
  if (Object.values(registries).every((registry) => registry.all().length === 0)) {
    for (const pattern of patterns) {
      if (config[pattern].configs?.['default'] !== undefined) registries[pattern].getOrCreate('default');
    }
  }
  return instancesOf(registries).map((instance) => ({
    ...instance,
    retryBudget:
      instance.retry?.retryBudget === undefined
        ? undefined
        : retryBudgets.getOrCreate(instance.retry.retryBudget).config,
    order: config.pipelines[instance.name]?.filter((step): step is Pattern =>
      patterns.some((pattern) => pattern === step),
    ),
  }));
}

function makeAll(registry: Pick<Registry, 'names' | 'getOrCreate'>): void {
  for (const name of registry.names()) registry.getOrCreate(name);
}

interface StandIns {
  readonly errorTypes: ErrorTypes;
  readonly predicates: Predicates;
}

/** Something to stand for each name of a class or predicate in the files. */
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
        const holds = option.rule.kind === 'errorPredicate' && !option.name.startsWith('ignore');
        for (const name of namesOf(value, env)) predicates[name] ??= () => holds;
      }
    }
  }
  return { errorTypes, predicates };
}

function optionAt([section = '', , , ...key]: readonly string[]):
  { readonly name: string; readonly rule: OptionRule<unknown> } | undefined {
  const format = Object.values(patternFormats(middle)).find((known) => findRelaxed(section, [known.section]));
  if (format === undefined) return undefined;
  const written = findRelaxed(key.join('.'), [...Object.keys(format.rules), ...Object.keys(format.aliases)]) ?? '';
  const name = format.aliases[written] ?? written;
  const rule = format.rules[name];
  return rule === undefined ? undefined : { name, rule };
}

/** Names may be one text with commas, a list, or a list that was written with an index for each entry. */
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

function standInWarning(predicates: Predicates): readonly string[] {
  const names = Object.keys(predicates);
  if (names.length === 0) return [];
  return [
    `What the application's predicates say is not known here: ${names.join(', ')}. One that records or retries is taken to ` +
      'do so with every error, any other with none.',
  ];
}
