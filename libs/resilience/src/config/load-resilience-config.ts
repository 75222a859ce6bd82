import { readConfigFile } from './config-file.ts';
import { resilienceConfig, type ResilienceConfig, type ResilienceConfigContext } from './resilience-config.ts';

/** Where configuration comes from. An option may be set in several places: files win over code, and the environment over files. */
export interface ResilienceConfigSources extends ResilienceConfigContext {
  /** Files in YAML, relative to the working directory; a later one is laid over an earlier one. None by default. */
  readonly files?: readonly (string | URL)[];
}

/**
 * Reads what is configured under `resilience4j` in the form of Spring's `application.yml`. A file that a team brings from
 * Spring loads as it is; the rest of it is not looked at.
 *
 * @throws InvalidOptionsError listing every fault with the place of each
 * @throws ConfigFileError when a file is missing or no YAML, or when the package `yaml` is not installed
 *
 * @example
 * const { circuitBreaker, warnings } = await loadResilienceConfig({ files: ['resilience.yml'] });
 * const registry = createRegistry('circuitBreaker', circuitBreaker);
 */
export async function loadResilienceConfig(sources: ResilienceConfigSources = {}): Promise<ResilienceConfig> {
  const { files = [], ...context } = sources;
  return resilienceConfig(await Promise.all(files.map((file) => readConfigFile(file))), context);
}
