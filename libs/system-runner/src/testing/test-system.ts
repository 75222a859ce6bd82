import { readFileSync } from 'node:fs';
import { LocalSystem } from '../local-system.ts';
import type { SystemOptions } from '../services.ts';
import { SystemFailure } from '../system-failure.ts';

/**
 * Starts a system on free ports with its own PostgreSQL. The caller ends it.
 *
 * @throws Error with the end of the log of the process that did not start
 */
export async function startSystem(options: SystemOptions): Promise<LocalSystem> {
  const system = await LocalSystem.prepare({ database: 'own', ...options });
  try {
    await system.start();
    return system;
  } catch (error) {
    const log =
      error instanceof SystemFailure && error.logFile !== undefined ? readFileSync(error.logFile, 'utf8') : '';
    await system.end();
    throw new Error(`The system did not start. ${log.slice(-2_000)}`, { cause: error });
  }
}
