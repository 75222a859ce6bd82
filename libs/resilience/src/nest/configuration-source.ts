import { Inject, Injectable } from '@nestjs/common';
import {
  loadResilienceConfig,
  type ResilienceConfig,
  type ResilienceConfigSources,
} from '../config/resilience-config.ts';
import { FeatureDefinitions } from './feature-definitions.ts';
import { withModuleDefaults } from './module-defaults.ts';
import { ProtectedClasses } from './protected-classes.ts';
import { resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

/** Where the configuration of this application comes from: code of all its modules, files and environment. */
@Injectable()
export class ConfigurationSource {
  readonly #options: ResilienceModuleOptions;
  readonly #classes: ProtectedClasses;
  readonly #features: FeatureDefinitions;

  constructor(
    @Inject(resilienceOptions) options: ResilienceModuleOptions,
    @Inject(ProtectedClasses) classes: ProtectedClasses,
    @Inject(FeatureDefinitions) features: FeatureDefinitions,
  ) {
    this.#options = options;
    this.#classes = classes;
    this.#features = features;
  }

  /** @throws ConflictingDefinitionError when two modules define the same name with different options */
  sources(): ResilienceConfigSources {
    const { configFiles = [], clock: _clock, engines: _engines, ...inCode } = this.#options;
    const namesInCode = this.#classes.names();
    return { ...inCode, ...this.#features.mergedInto(inCode), files: configFiles, namesInCode };
  }

  /**
   * Reads it anew.
   *
   * @throws InvalidOptionsError listing every fault
   * @throws ConfigFileError when a file cannot be read
   */
  async load(): Promise<ResilienceConfig> {
    return withModuleDefaults(await loadResilienceConfig(this.sources()));
  }
}
