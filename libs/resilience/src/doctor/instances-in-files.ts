import { readConfigFiles } from '../config/config-file.ts';
import type { Environment } from '../config/placeholders.ts';
import { type InstancesInFiles, instancesIn } from './instance.ts';

/**
 * Reads the instances of all policies in configuration files. See `instancesIn`.
 *
 * @param files paths; a later one overrides an earlier one
 * @throws InvalidOptionsError listing every fault
 * @throws ConfigFileError if a file cannot be read
 */
export async function instancesInFiles(
  files: readonly string[],
  env: Environment = process.env,
): Promise<InstancesInFiles> {
  return instancesIn(await readConfigFiles(files), env);
}
