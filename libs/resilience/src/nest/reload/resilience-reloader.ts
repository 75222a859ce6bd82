import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ResilienceConfig } from '../../config/resilience-config.ts';
import type { PolicyKind } from '../../core/policies.ts';
import type { InstanceChange, Registry } from '../../core/registry.ts';
import { ConfigurationSource } from '../configuration-source.ts';
import { resilienceConfiguration } from '../registries.provider.ts';
import { ResilienceRegistries } from '../resilience-registries.ts';
import { changesInWords } from './change.response.ts';

/** What a reload has done. */
export interface ReloadReport {
  /** The instances that the new configuration changes; those that cannot change while they live are marked. */
  readonly changes: readonly InstanceChange[];
  /** What in the configuration has no effect, or has none before the next start. */
  readonly warnings: readonly string[];
}

/** Reads the configuration anew, and lets it hold for the instances that it changes. */
@Injectable()
export class ResilienceReloader {
  readonly #source: ConfigurationSource;
  readonly #registries: ResilienceRegistries;
  readonly #startedWith: ResilienceConfig;
  readonly #logger = new Logger('ResilienceReloader');
  #last: Promise<unknown> = Promise.resolve();
  #toldWarnings: readonly string[];

  constructor(
    @Inject(ConfigurationSource) source: ConfigurationSource,
    @Inject(ResilienceRegistries) registries: ResilienceRegistries,
    @Inject(resilienceConfiguration) startedWith: ResilienceConfig,
  ) {
    this.#source = source;
    this.#registries = registries;
    this.#startedWith = startedWith;
    this.#toldWarnings = startedWith.warnings;
  }

  /**
   * Reads code, files and environment as at the start. Everything is checked before anything is changed: when something is
   * wrong, the log says what, and the running configuration stays. Calls under way end as they would have.
   *
   * @throws InvalidOptionsError listing every fault
   * @throws ConfigFileError when a file cannot be read
   */
  async reload(): Promise<ReloadReport> {
    // One after the other: a slow reading must not undo a later one.
    const reload = this.#last.then(() => this.#reload());
    this.#last = reload.catch(() => {});
    return reload;
  }

  async #reload(): Promise<ReloadReport> {
    try {
      const config = await this.#source.load();
      const changes = this.#apply(config);
      const warnings = [...config.warnings, ...this.#pipelineWarnings(config)];
      this.#tell(changes, warnings);
      return { changes, warnings };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.error(`The new configuration is refused, and the running one stays. ${reason}`);
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
    const { pipelines: before } = this.#startedWith;
    const names = [...new Set([...Object.keys(before), ...Object.keys(pipelines)])];
    const changed = names.filter((name) => !isDeepStrictEqual(before[name], pipelines[name]));
    return changed.map((name) => `Pipeline '${name}' has other policies now; they hold from the next start on.`);
  }

  #tell(changes: readonly InstanceChange[], warnings: readonly string[]): void {
    for (const warning of warnings) if (!this.#toldWarnings.includes(warning)) this.#logger.warn(warning);
    this.#toldWarnings = warnings;
    for (const { subject, changes: options, isApplicable } of changes) {
      const text = `${subject}: ${changesInWords(options)}`;
      if (isApplicable) this.#logger.log(`${text}.`);
      else this.#logger.warn(`${text}. It cannot change while it runs; this holds from the next start on.`);
    }
  }
}
