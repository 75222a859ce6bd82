import type { PipelineRegistry } from '../core/pipeline.registry.ts';
import { type PipelineKind, pipelineKindsOf } from '../core/policies.ts';
import { type Instance, type InstanceRegistries, instancesOf } from '../doctor/instance.ts';

/** The registries of an application; those that it does not have are left out. */
type DiagnosedRegistries = InstanceRegistries & {
  readonly [K in PipelineKind]?: { find(name: string): unknown } | undefined;
};

/** The instances of an application for the doctor: its policies by name, in the order of the pipeline if there is one. */
export function diagnosedInstances(
  registries: DiagnosedRegistries,
  pipelines: PipelineRegistry | undefined,
): readonly Instance[] {
  return instancesOf(registries).map((instance) => {
    const policies = pipelines?.find(instance.name)?.policies;
    const order = policies?.flatMap(
      (policy) => pipelineKindsOf().find((kind) => registries[kind]?.find(policy.name) === policy) ?? [],
    );
    return order === undefined ? instance : { ...instance, order };
  });
}
