import type { PipelineRegistry } from '../core/pipeline.registry.ts';
import { type PipelineKind, pipelineKindsOf, policies } from '../core/policies.ts';
import type { PolicyTable } from '../core/policy-definition.ts';
import { type Instance, type InstanceRegistries, instancesOf } from '../doctor/instance.ts';

/** The registries of an application; those that it does not have are left out. */
type DiagnosedRegistries = InstanceRegistries & {
  readonly [K in PipelineKind]?: { find(name: string): unknown } | undefined;
};

/** The instances of an application for the doctor: its policies by name, in the order of the pipeline if there is one. */
export function diagnosedInstances(
  registries: DiagnosedRegistries,
  pipelines: PipelineRegistry | undefined,
  table: PolicyTable = policies,
): readonly Instance[] {
  return instancesOf(registries, table).map((instance) => {
    const members = pipelines?.find(instance.name)?.policies;
    const order = members?.flatMap(
      (policy) => pipelineKindsOf(table).find((kind) => registries[kind]?.find(policy.name) === policy) ?? [],
    );
    return order === undefined ? instance : { ...instance, order };
  });
}
