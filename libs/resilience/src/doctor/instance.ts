import type { ConfigFile } from '../config/config-text.ts';
import { classWithoutCounterpart, type NameLookup, namesInTables } from '../config/names.ts';
import type { Environment } from '../config/placeholders.ts';
import { configWithNames, type ResilienceConfig } from '../config/resilience-config.ts';
import type { Clock } from '../core/clock.ts';
import type { PipelineRegistry } from '../core/pipeline.registry.ts';
import {
  createRegistries,
  type PipelineKind,
  pipelineKindsOf,
  policies,
  type PolicyOf,
  type PolicyOptionsOf,
  type PolicyRegistry,
} from '../core/policies.ts';
import type { PolicyTable } from '../core/policy-definition.ts';

/** The policies that protect one dependency: the configuration of each that it has. */
export type Instance = { readonly [K in PipelineKind]?: PolicyOf<K>['config'] | undefined } & {
  readonly name: string;
  /** The configuration of the budget that the retry names; its defaults if it is left out. */
  readonly retryBudget?: PolicyOf<'retryBudget'>['config'] | undefined;
  /** The order of the policies, outermost first; the default order of pipelines if it is left out. */
  readonly order?: readonly PipelineKind[] | undefined;
};

/** The options of the policies that protect one dependency. */
export type InstanceOptions = { readonly [K in PipelineKind]?: PolicyOptionsOf<K> | undefined } & Pick<
  Instance,
  'order'
>;

/**
 * Makes an instance from options.
 *
 * @param table the policies; those of this library by default
 * @throws InvalidOptionsError listing every fault of the first policy that has one
 */
export function describeInstance(name: string, options: InstanceOptions, table: PolicyTable = policies): Instance {
  const configs = table.flatMap(({ kind, label, options: schema, inPipeline }) => {
    const given = options[kind as PipelineKind];
    return given === undefined || !inPipeline ? [] : [[kind, schema.resolve(`${label} '${name}'`, given)] as const];
  });
  return { name, order: options.order, ...Object.fromEntries(configs) };
}

/** The registries of an application, or other lists of policies. */
export type InstanceRegistries = {
  readonly [K in PipelineKind]?:
    (Pick<PolicyRegistry<K>, 'all'> & Partial<Pick<PolicyRegistry<K>, 'partitionOf'>>) | undefined;
};

/**
 * The instances in registries: policies of the same name protect the same dependency. Partitions are left out: they have
 * the options of the instance that they are part of.
 *
 * @param table the policies; those of this library by default
 * @param pipelines the pipeline of the same name as an instance, if there is one, determines the order of its policies
 */
export function instancesOf(
  registries: InstanceRegistries,
  table: PolicyTable = policies,
  pipelines?: Pick<PipelineRegistry, 'find'>,
): readonly Instance[] {
  const instances = new Map<string, Instance>();
  const kindByPolicy = new Map<unknown, PipelineKind>();
  for (const kind of pipelineKindsOf(table)) {
    const registry = registries[kind];
    for (const policy of registry?.all() ?? []) {
      const { name, config } = policy;
      if (registry?.partitionOf?.(name) !== undefined) continue;
      instances.set(name, { ...(instances.get(name) ?? { name }), [kind]: config });
      kindByPolicy.set(policy, kind);
    }
  }
  return [...instances.values()].map((instance) => {
    const members = pipelines?.find(instance.name)?.policies;
    return members === undefined
      ? instance
      : { ...instance, order: members.flatMap((policy) => kindByPolicy.get(policy) ?? []) };
  });
}

/** The kinds of an instance's policies, outermost first. */
export function orderOf(instance: Instance, table: PolicyTable = policies): readonly PipelineKind[] {
  return (instance.order ?? pipelineKindsOf(table)).filter((kind) => instance[kind] !== undefined);
}

/** Whether the instance has both policies, and `outer` is around `inner`. */
export function isAround(instance: Instance, outer: PipelineKind, inner: PipelineKind): boolean {
  const order = orderOf(instance);
  return order.includes(outer) && order.indexOf(outer) < order.indexOf(inner);
}

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
 * The instances of all policies in configuration files that have been read. If they define only configurations `default`,
 * the result is an instance of that name, since code gets these options for any other name.
 *
 * The application's error classes and predicates are not available here. Each name of a class is replaced by a class of
 * its own; a predicate that records or retries is assumed to be true for every error, any other to be false.
 *
 * @param files a later one overrides an earlier one
 * @throws InvalidOptionsError listing every fault
 */
export function instancesIn(files: readonly ConfigFile[], env: Environment): InstancesInFiles {
  const { names, predicates } = standIns();
  const config = configWithNames(files, { env, random: middle }, policies, names);
  const warnings = [...config.warnings, ...predicateWarning(predicates)];
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

/** Substitutes for the error classes and predicates that files name, and the names of the predicates. */
function standIns(): { readonly names: NameLookup; readonly predicates: ReadonlySet<string> } {
  const builtIn = namesInTables();
  const predicates = new Set<string>();
  const names: NameLookup = {
    registered: builtIn.registered,
    errorType: (name) => builtIn.errorType(name) ?? classWithoutCounterpart(name),
    predicate: (name, option, kind) => {
      predicates.add(name);
      const result = kind === 'errorPredicate' && !option.startsWith('ignore');
      return () => result;
    },
  };
  return { names, predicates };
}

function predicateWarning(predicates: ReadonlySet<string>): readonly string[] {
  if (predicates.size === 0) return [];
  return [
    `The application's predicates are not available here: ${[...predicates].join(', ')}. One that records or retries is assumed to be ` +
      'true for every error, any other to be false.',
  ];
}
