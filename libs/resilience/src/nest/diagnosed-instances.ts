import type { PipelineRegistry } from '../core/pipeline.registry.ts';
import { type Instance, instancesOf, type Pattern, patterns, type PolicyRegistries } from '../doctor/instance.ts';

/** Registries as far as the doctor needs them; one that an application lacks is left out. */
type DiagnosedRegistries = PolicyRegistries & {
  readonly [P in Pattern]?: { find(name: string): unknown } | undefined;
};

/** What the doctor looks at in an application: its policies by instance, in the order of the pipeline where there is one. */
export function diagnosedInstances(
  registries: DiagnosedRegistries,
  pipelines: PipelineRegistry | undefined,
): readonly Instance[] {
  return instancesOf(registries).map((instance) => {
    const policies = pipelines?.find(instance.name)?.policies;
    const order = policies?.flatMap(
      (policy) => patterns.find((pattern) => registries[pattern]?.find(policy.name) === policy) ?? [],
    );
    return order === undefined ? instance : { ...instance, order };
  });
}
