import { policies } from '../core/policies.ts';
import type { PolicyTable } from '../core/policy-definition.ts';
import { readConfigFiles } from './config-file.ts';
import { type ResilienceConfig, resilienceConfig, type ResilienceConfigContext } from './resilience-config.ts';

/** The sources of configuration. Files override code, and the environment overrides files, option by option. */
export interface ResilienceConfigSources extends ResilienceConfigContext {
  /**
   * Files of YAML (`.yml`, `.yaml`) or Java's properties (`.properties`), relative to the working directory; a later one
   * overrides an earlier one. None by default.
   */
  readonly files?: readonly (string | URL)[];
}

/**
 * Reads the configuration below `resilience4j` from files in the form of Spring's `application.yml` or
 * `application.properties`. A file from a Spring application loads without changes; other keys in it are ignored.
 *
 * @throws InvalidOptionsError listing every fault with its place
 * @throws ConfigFileError if a file is missing or not valid, if its kind is not known, or if the package `yaml` is not installed
 *
 * @example
 * const { circuitBreaker, warnings } = await loadResilienceConfig({ files: ['resilience.yml'] });
 * const registry = createRegistry('circuitBreaker', circuitBreaker);
 */
export async function loadResilienceConfig(
  sources: ResilienceConfigSources = {},
  table: PolicyTable = policies,
): Promise<ResilienceConfig> {
  const { files = [], ...context } = sources;
  return resilienceConfig(await readConfigFiles(files), context, table);
}
