import {
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
export type InstanceRegistries = { readonly [K in PipelineKind]?: Pick<PolicyRegistry<K>, 'all'> | undefined };

/**
 * The instances in registries: policies of the same name protect the same dependency.
 *
 * @param table the policies; those of this library by default
 */
export function instancesOf(registries: InstanceRegistries, table: PolicyTable = policies): readonly Instance[] {
  const instances = new Map<string, Instance>();
  for (const kind of pipelineKindsOf(table)) {
    for (const { name, config } of registries[kind]?.all() ?? []) {
      instances.set(name, { ...(instances.get(name) ?? { name }), [kind]: config });
    }
  }
  return [...instances.values()];
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
