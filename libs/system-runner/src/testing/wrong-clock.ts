import { execFileSync } from 'node:child_process';
import { findProgram } from '../programs.ts';

const program = findProgram('faketime');

/** Whether libfaketime is installed, with which a process has another time of day. */
export const hasFaketime = program !== undefined;

/**
 * The variables with which the time of day of a process is ahead, for all of its code. Its monotonic clock is right, and with it its
 * timers.
 *
 * @throws Error when libfaketime is not installed
 */
export function clockAhead(seconds: number): Readonly<Record<string, string>> {
  if (program === undefined) throw new Error('libfaketime is not installed.');
  // The program knows where its library is, of which `-m` is the one for several threads.
  const library = execFileSync(program, ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim();
  return { LD_PRELOAD: library, FAKETIME: `+${seconds}s`, FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' };
}
