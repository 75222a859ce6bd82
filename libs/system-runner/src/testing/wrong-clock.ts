import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
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
  return { ...preloaded(), FAKETIME: `+${seconds}s` };
}

/** The variables of a process whose time of day can be changed while it runs. */
export interface MovableClock {
  readonly environment: Readonly<Record<string, string>>;
  /** Moves the time of day to so many hours ahead of the right one; 0 is the right one. */
  setAhead(hours: number): void;
}

/** As {@link clockAhead}. @param file in a folder that the process can read; it is created @throws Error when libfaketime is not installed */
export function movableClock(file: string): MovableClock {
  const setAhead = (hours: number): void => writeFileSync(file, `+${hours}h\n`);
  setAhead(0);
  return { environment: { ...preloaded(), FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' }, setAhead };
}

/** @throws Error when libfaketime is not installed */
function preloaded(): Readonly<Record<string, string>> {
  if (program === undefined) throw new Error('libfaketime is not installed.');
  // The program knows where its library is, of which `-m` is the one for several threads.
  const library = execFileSync(program, ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim();
  return { LD_PRELOAD: library, FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' };
}
