import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { resilienceConfig } from '../../config/resilience-config.ts';
import { Pipeline } from '../../core/pipeline.ts';
import { PipelineRegistry } from '../../core/pipeline.registry.ts';
import { kindsOf, policies, type PolicyRegistries, registryToken } from '../../core/policies.ts';
import type { NamedInstance, PolicyDefinition, PolicyTable } from '../../core/policy-definition.ts';
import type { Policy } from '../../core/policy.ts';
import { injectedProviders } from '../inject.decorators.ts';
import { policyRegistries, registryProviders, resilienceConfiguration } from '../registries.provider.ts';
import { ResilienceRegistries } from '../resilience-registries.ts';
import { policyTable, resilienceOptions } from '../resilience.options.ts';

/** Makes a policy or pipeline run each call directly. */
function passThrough<T extends object>(instance: T, name: string): T {
  const direct = new Pipeline(name, []);
  const execute: Policy['execute'] = (call, context) => direct.execute(call, context);
  return Object.assign(instance, { execute }, 'withKey' in instance ? { withKey: () => direct } : {});
}

function passThroughDefinition(definition: PolicyDefinition): PolicyDefinition {
  return {
    ...definition,
    create: (name, options, environment): NamedInstance => {
      const instance = definition.create(name, options, environment);
      return definition.inPipeline ? passThrough(instance, name) : instance;
    },
  };
}

/** The policies of the library, with their states, options and events, but each runs calls directly. */
const passThroughPolicies: PolicyTable = policies.map((definition) =>
  passThroughDefinition(definition as unknown as PolicyDefinition),
);

/** Empty: neither files nor environment variables of the machine change a test. */
const configuration = resilienceConfig([], { env: {} }, passThroughPolicies);

/** Has an empty pipeline for every name. */
class PassThroughPipelines extends PipelineRegistry {
  override pipeline(name: string): Pipeline {
    return this.find(name);
  }

  override find(name: string): Pipeline {
    return super.find(name) ?? this.register(new Pipeline(name, []));
  }
}

class PassThroughRegistries extends ResilienceRegistries {
  override readonly protectsMethods = false;
}

const registries: FactoryProvider<ResilienceRegistries> = {
  provide: ResilienceRegistries,
  inject: [policyRegistries, PipelineRegistry],
  useFactory: (registriesByKind: PolicyRegistries, pipelines: PipelineRegistry) =>
    new PassThroughRegistries(registriesByKind, pipelines, configuration, passThroughPolicies),
};

@Module({})
class PassThroughModule {}

const passThroughModule: DynamicModule = {
  module: PassThroughModule,
  global: true,
  // A getter: Nest reads it when it creates the module of the test, after all decorators have run.
  get providers() {
    return [
      { provide: resilienceOptions, useValue: {} },
      { provide: policyTable, useValue: passThroughPolicies },
      ...registryProviders(passThroughPolicies).filter(({ provide }) => provide !== resilienceConfiguration),
      { provide: resilienceConfiguration, useValue: configuration },
      { provide: PipelineRegistry, useFactory: () => new PassThroughPipelines() },
      registries,
      ...injectedProviders(),
    ];
  },
  get exports() {
    return [
      ...kindsOf(passThroughPolicies).map((kind) => registryToken(kind)),
      PipelineRegistry,
      ResilienceRegistries,
      ...injectedProviders(),
    ];
  },
};

/**
 * Replaces `ResilienceModule` in unit tests of classes with resilience decorators or injected policies. Calls run
 * directly: decorated methods without policy and fallback, like those of an instance that Nest did not create, and the
 * calls of injected policies and pipelines of any name. Files, environment variables and `forFeature` have no effect.
 *
 * @example
 * const module = await Test.createTestingModule({
 *   imports: [ResilienceTestingModule],
 *   providers: [CustomerClient],
 * }).compile();
 */
@Module({ imports: [passThroughModule] })
export class ResilienceTestingModule {}
