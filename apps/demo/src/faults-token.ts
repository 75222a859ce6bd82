import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SystemFailure, workspaceRoot } from '@breakwater/system-runner';

/** The token that `docker compose up` gives the customer services where nobody chose another one. */
const tokenForPlay = path.join(workspaceRoot, 'compose/secrets/faults-token');

/**
 * The token of customer's faults in a system that the demo didn't start: `FAULTS_TOKEN`, or what is in the file that
 * `FAULTS_TOKEN_FILE` names, or else the one for play that compose uses.
 *
 * @throws SystemFailure when the file cannot be read
 */
export function faultsTokenOf(environment: Readonly<Record<string, string | undefined>>): string {
  const given = environment['FAULTS_TOKEN'];
  if (given) return given;
  const file = environment['FAULTS_TOKEN_FILE'] || tokenForPlay;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SystemFailure(
      `The token of customer's faults cannot be read from ${file}: ${error instanceof Error ? error.message : String(error)}`,
      'Set FAULTS_TOKEN to the token that the customer services have.',
    );
  }
}
