import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ResilienceConfig } from '../../config/resilience-config.ts';
import type { PolicyKind } from '../../core/policies.ts';
import type { InstanceChange, Registry } from '../../core/registry.ts';
import { ConfigurationSource } from '../configuration-source.ts';
import { resilienceConfiguration } from '../registries.provider.ts';
import { ResilienceRegistries } from '../resilience-registries.ts';
import { describeChanges } from './change.response.ts';

/** The result of a reload. */
export interface ReloadReport {
  /** The instances whose options differ, including those that cannot change at run time (`isApplicable: false`). */
  readonly changes: readonly InstanceChange[];
  /** Configuration that has no effect, or none before the next start. */
  readonly warnings: readonly string[];
}

/** Reads the configuration again and applies it to the instances that it changes. */
@Injectable()
export class ResilienceReloader {
  readonly #source: ConfigurationSource;
  readonly #registries: ResilienceRegistries;
  readonly #initialConfig: ResilienceConfig;
  readonly #logger = new Logger('ResilienceReloader');
  #lastReload: Promise<unknown> = Promise.resolve();
  #loggedWarnings: readonly string[];

  constructor(
    @Inject(ConfigurationSource) source: ConfigurationSource,
    @Inject(ResilienceRegistries) registries: ResilienceRegistries,
    @Inject(resilienceConfiguration) initialConfig: ResilienceConfig,
  ) {
    this.#source = source;
    this.#registries = registries;
    this.#initialConfig = initialConfig;
    this.#loggedWarnings = initialConfig.warnings;
  }

  /**
   * Reads code, files and environment as at the start. The whole configuration is checked before any of it is applied:
   * if it is invalid, the reloader logs every fault, and the current configuration stays in effect. In-flight calls end
   * under the options with which they started.
   *
   * @throws InvalidOptionsError listing every fault
   * @throws ConfigFileError if a file cannot be read
   */
  async reload(): Promise<ReloadReport> {
    // One after the other, so that a slow reload does not overwrite a later one.
    const reload = this.#lastReload.then(() => this.#reload());
    this.#lastReload = reload.catch(() => {});
    return reload;
  }

  async #reload(): Promise<ReloadReport> {
    try {
      const config = await this.#source.load();
      const changes = this.#apply(config);
      const warnings = [...config.warnings, ...this.#pipelineWarnings(config)];
      this.#log(changes, warnings);
      return { changes, warnings };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.error(`The new configuration is invalid; the current one stays in effect. ${reason}`);
      throw error;
    }
  }

  #apply(config: ResilienceConfig): readonly InstanceChange[] {
    const prepared = Object.entries(this.#registries.policies).map(([kind, registry]: [string, Registry]) =>
      registry.prepareDefinitions(config[kind as PolicyKind]),
    );
    for (const definitions of prepared) definitions.apply();
    this.#registries.createAll();
    return prepared.flatMap(({ instanceChanges }) => instanceChanges);
  }

  #pipelineWarnings({ pipelines }: ResilienceConfig): readonly string[] {
    const { pipelines: before } = this.#initialConfig;
    const names = [...new Set([...Object.keys(before), ...Object.keys(pipelines)])];
    const changed = names.filter((name) => !isDeepStrictEqual(before[name], pipelines[name]));
    return changed.map(
      (name) => `The policies of pipeline '${name}' have changed. The change applies after the next start.`,
    );
  }

  #log(changes: readonly InstanceChange[], warnings: readonly string[]): void {
    for (const warning of warnings) if (!this.#loggedWarnings.includes(warning)) this.#logger.warn(warning);
    this.#loggedWarnings = warnings;
    for (const { subject, changes: options, isApplicable } of changes) {
      const text = `${subject}: ${describeChanges(options)}`;
      if (isApplicable) this.#logger.log(`${text}.`);
      else this.#logger.warn(`${text}. This cannot change at run time and applies after the next start.`);
    }
  }
}
