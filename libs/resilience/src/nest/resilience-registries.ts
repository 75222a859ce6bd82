import { defaultPolicies } from '../config/pipelines.ts';
import type { ResilienceConfig } from '../config/resilience-config.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { PolicyRegistries } from '../core/policies.ts';
import type { Registry } from '../core/registry.ts';
import { PipelineNotFoundError, type PipelineRegistry } from '../core/pipeline.registry.ts';
import type { Policy } from '../core/policy.ts';
import { pipelineOf } from './make-pipeline.ts';
import type { ProtectorKind } from './protected-method.ts';

/** Everything by which an application protects its calls, in one place: what decorated methods ask at each call. */
export class ResilienceRegistries {
  readonly policies: PolicyRegistries;
  readonly pipelines: PipelineRegistry;
  readonly #config: ResilienceConfig;

  /** @param config what names stand for that nobody has declared as a pipeline */
  constructor(policies: PolicyRegistries, pipelines: PipelineRegistry, config: ResilienceConfig) {
    this.policies = policies;
    this.pipelines = pipelines;
    this.#config = config;
  }

  /** @throws PipelineNotFoundError */
  protector(kind: ProtectorKind, name: string): Policy {
    return kind === 'pipeline' ? this.pipeline(name) : this.policies[kind].declare(name);
  }

  hasPipeline(name: string): boolean {
    return this.pipelines.find(name) !== undefined || defaultPolicies(name, this.#config).length > 0;
  }

  /** What might stand in the place of a name that is no pipeline, for error messages. */
  allowedPipelines(name: string): string {
    const known = this.pipelines.names();
    const nearest = nearestName(name, known);
    if (nearest !== undefined) return `${nearest}, if that is what you meant`;
    const list = known.length === 0 ? 'none is declared' : known.join(', ');
    return `a declared pipeline (${list}), or a name that at least one instance has`;
  }

  /**
   * The declared pipeline of this name, else one in the default order of the patterns that have an instance of that name.
   *
   * @throws PipelineNotFoundError when there is neither
   */
  pipeline(name: string): Pipeline {
    const declared = this.pipelines.find(name);
    if (declared !== undefined) return declared;
    const steps = defaultPolicies(name, this.#config);
    if (steps.length === 0) throw new PipelineNotFoundError(name, this.pipelines.names());
    return this.pipelines.register(pipelineOf(name, steps, this.policies));
  }

  /** Makes every instance that is defined, so that metrics and health show it before the first call. */
  createAll(): void {
    for (const registry of this.#registries()) for (const name of registry.names()) registry.getOrCreate(name);
  }

  /** Frees what the instances hold. */
  dispose(): void {
    for (const registry of this.#registries()) registry.dispose();
  }

  #registries(): readonly Registry[] {
    return Object.values(this.policies);
  }
}
