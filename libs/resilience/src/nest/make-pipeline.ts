import { parseMember, type PipelineMember } from '../config/pipelines.ts';
import { InvalidOptionsError } from '../core/errors.ts';
import { type Pipeline, pipeline } from '../core/pipeline.ts';
import type { PolicyRegistries } from '../core/policies.ts';

/**
 * Builds a declared pipeline from the instances of the registries.
 *
 * @throws InvalidOptionsError for a fallback without handlers, which would change nothing
 */
export function pipelineOf(name: string, members: readonly PipelineMember[], registries: PolicyRegistries): Pipeline {
  const parsed = members.map((member) => ({ member, ...parseMember(member, name) }));
  const faults = parsed
    .filter(
      ({ kind, instance }) =>
        kind === 'fallback' && registries.fallback.getOrCreate(instance).config.handlers.length === 0,
    )
    .map(({ member, instance }) => {
      const allowed = `handlers in code (fallback.instances.${instance}.handlers), or the fallbackMethod of @UsePipeline`;
      return { option: member, given: 'without handlers', allowed };
    });
  if (faults.length > 0) throw new InvalidOptionsError(`Pipeline '${name}'`, faults);
  return pipeline(
    name,
    parsed.map(({ kind, instance }) => registries[kind].declare(instance)),
  );
}
