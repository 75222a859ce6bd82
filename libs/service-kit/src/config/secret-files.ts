import { readFileSync } from 'node:fs';
import type { ConfigFault, Environment } from './config-fault.ts';

/** The variable that names a file instead of holding the value. */
export const fileVariableOf = (variable: string): string => `${variable}_FILE`;

/** What files say, and which of them cannot be used. */
export interface FileVariables {
  /** The values, by the names of the variables that they are for. */
  readonly values: Environment;
  readonly faults: readonly ConfigFault[];
}

/**
 * Reads the variables whose values are in files, as the official Docker images do: `DATABASE_URL_FILE` names the file that
 * holds what would be `DATABASE_URL`. Line breaks at its end don't count.
 *
 * @param variables the names that may be given so
 */
export function readFileVariables(variables: readonly string[], environment: Environment): FileVariables {
  const values: Record<string, string> = {};
  const faults: ConfigFault[] = [];
  for (const variable of variables) {
    const file = environment[fileVariableOf(variable)];
    if (!file) continue;
    const fault = (allowed: string): ConfigFault => ({
      variable: fileVariableOf(variable),
      given: JSON.stringify(file),
      allowed,
    });
    if (environment[variable]) {
      faults.push(fault(`must not be set beside ${variable}; unset one of the two`));
      continue;
    }
    try {
      const value = readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
      if (value) values[variable] = value;
      else faults.push(fault('must name a file that is not empty'));
    } catch (error) {
      faults.push(fault(`must name a file that can be read (${reasonOf(error)})`));
    }
  }
  return { values, faults };
}

/** `ENOENT: no such file or directory, open '/run/secrets/x'` without what has been said. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/,.*$/s, '');
