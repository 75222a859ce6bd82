import { readFileSync } from 'node:fs';
import { LocalSystem, SystemFailure, type SystemOptions } from '@breakwater/system-runner';

/** Starts a system on free ports with its own PostgreSQL, because the tests stop the database. */
export async function startSystem(options: SystemOptions): Promise<LocalSystem> {
  const system = await LocalSystem.prepare({ database: 'own', ...options });
  try {
    await system.start();
    return system;
  } catch (error) {
    const log =
      error instanceof SystemFailure && error.logFile !== undefined ? readFileSync(error.logFile, 'utf8') : '';
    await endSystem(system);
    throw new Error(`The system did not start. ${log.slice(-2_000)}`, { cause: error });
  }
}

/** Ends a system and removes its files; does nothing when it never started. */
export async function endSystem(system: LocalSystem | undefined): Promise<void> {
  await system?.stop();
  system?.removeFiles();
}
