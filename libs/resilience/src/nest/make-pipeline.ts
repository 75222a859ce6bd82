import { InvalidOptionsError, type OptionFault } from '../core/errors.ts';
import { type Pipeline, pipeline } from '../core/pipeline.ts';
import type { PipelineKind, PolicyRegistries } from '../core/policies.ts';

/**
 * The pipeline of the instances of this name.
 *
 * @throws InvalidOptionsError when one of them could not do anything
 */
export function pipelineOf(name: string, steps: readonly PipelineKind[], registries: PolicyRegistries): Pipeline {
  const faults = steps.flatMap((step) => faultsOf(step, name, registries));
  if (faults.length > 0) throw new InvalidOptionsError(`Pipeline '${name}'`, faults);
  return pipeline(
    name,
    steps.map((step) => registries[step].getOrCreate(name)),
  );
}

/** What only code can give, and without which a step changes nothing. */
function faultsOf(
  step: PipelineKind,
  name: string,
  { fallback, cachedFallback }: PolicyRegistries,
): readonly OptionFault[] {
  if (step === 'fallback' && fallback.getOrCreate(name).config.handlers.length === 0) {
    const allowed = `handlers in code (fallback.instances.${name}.handlers), or the fallbackMethod of @UsePipeline`;
    return [{ option: step, given: 'without handlers', allowed }];
  }
  if (step === 'cachedFallback' && cachedFallback.getOrCreate(name).config.key === undefined) {
    const allowed = `a key in code (cachedFallback.instances.${name}.key), or a call of its withKey`;
    return [{ option: step, given: 'without a key', allowed }];
  }
  return [];
}
