import { Inject, Injectable } from '@nestjs/common';
import { loadResilienceConfig, type ResilienceConfigSources } from '../config/load-resilience-config.ts';
import { type ResilienceConfig } from '../config/resilience-config.ts';
import type { PolicyKind } from '../core/policies.ts';
import type { PolicyTable } from '../core/policy-definition.ts';
import { FeatureDefinitions } from './feature-definitions.ts';
import { ProtectedClasses } from './protected-methods.ts';
import { policyTable, resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

/** The sources of this application's configuration: the code of all its modules, files and environment. */
@Injectable()
export class ConfigurationSource {
  readonly #options: ResilienceModuleOptions;
  readonly #table: PolicyTable;
  readonly #classes: ProtectedClasses;
  readonly #features: FeatureDefinitions;

  constructor(
    @Inject(resilienceOptions) options: ResilienceModuleOptions,
    @Inject(policyTable) table: PolicyTable,
    @Inject(ProtectedClasses) classes: ProtectedClasses,
    @Inject(FeatureDefinitions) features: FeatureDefinitions,
  ) {
    this.#options = options;
    this.#table = table;
    this.#classes = classes;
    this.#features = features;
  }

  /** @throws ConflictingDefinitionError if two modules define the same name with different options */
  sources(): ResilienceConfigSources {
    const {
      configFiles = [],
      clock: _c,
      engines: _e,
      dynamicInstances: _d,
      logTransitions: _l,
      ...inCode
    } = this.#options;
    const namesInCode = this.#classes.names();
    return { ...inCode, ...this.#features.mergedInto(inCode), files: configFiles, namesInCode };
  }

  /**
   * Reads the files and the environment, each time it is called.
   *
   * @throws InvalidOptionsError listing every fault
   * @throws ConfigFileError if a file cannot be read
   */
  async load(): Promise<ResilienceConfig> {
    return withModuleDefaults(await loadResilienceConfig(this.sources(), this.#table), this.#table);
  }
}

/**
 * Adds the defaults of the module that differ from those of the core. As in Resilience4j, the core buffers no events,
 * and the framework integration buffers the last hundred of each instance, for the actuator.
 */
function withModuleDefaults(config: ResilienceConfig, table: PolicyTable): ResilienceConfig {
  const defaults = { eventConsumerBufferSize: 100 };
  const changed = table
    .filter(({ options }) => 'eventConsumerBufferSize' in options.rules)
    .map(({ kind }) => [kind, { ...config[kind as PolicyKind], defaults }]);
  return { ...config, ...Object.fromEntries(changed) };
}
