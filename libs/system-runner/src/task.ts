import { describeExit, type OwnedProcess, type ProcessExit } from './owned-process.ts';
import { quoteLastWords } from './last-words.ts';
import { unlessAborted } from './pause.ts';
import { SystemFailure } from './system-failure.ts';

/**
 * Waits until a process that is meant to end has ended well.
 *
 * @param signal when it aborts, the waiting ends; ending the process is its owner's business
 * @param failed makes the failure of another end
 */
export async function ended(
  process: OwnedProcess,
  signal: AbortSignal,
  failed: (exit: ProcessExit) => SystemFailure = (exit) => taskFailure(process, exit),
): Promise<void> {
  const exit = await unlessAborted(process.exited, signal);
  if (exit.code !== 0) throw failed(exit);
}

function taskFailure({ name, logFile }: OwnedProcess, exit: ProcessExit): SystemFailure {
  return new SystemFailure(
    `${name} failed: ${describeExit(exit)}${quoteLastWords(logFile)}`,
    'Its log tells more.',
    logFile,
  );
}
