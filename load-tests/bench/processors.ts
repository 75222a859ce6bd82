import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** The assignment of processors to processes during the load. */
export interface Processors {
  /** Command in front of account's, which gives it a processor of its own; empty where processes cannot be pinned. */
  readonly prefix: readonly string[];
  /** Command in front of that of a process that may use all processors. */
  readonly unpinned: readonly string[];
  readonly description: string;
}

/**
 * Reserves the first processor for account. This program, PostgreSQL and all other processes that it starts use the
 * others, so that the load generator takes no processor time from account. Without `taskset`, or with one
 * processor, all share.
 */
export function shareProcessors(): Processors {
  const count = availableParallelism();
  const others = count === 2 ? '1' : `1-${count - 1}`;
  // -a: all threads of this program.
  const isPinned =
    count > 1 && spawnSync('taskset', ['-acp', others, String(process.pid)], { stdio: 'ignore' }).status === 0;
  return isPinned
    ? {
        prefix: ['taskset', '-c', '0'],
        unpinned: ['taskset', '-c', `0-${count - 1}`],
        description: `account has one processor for itself, all other processes share the other${count > 2 ? 's' : ''}`,
      }
    : { prefix: [], unpinned: [], description: 'no process is pinned: all share all processors' };
}

/**
 * The processor time of all threads of a process, in milliseconds. Linux counts it in nanoseconds (`schedstat`),
 * and reading it costs the process nothing.
 *
 * @returns undefined where the platform does not report it
 */
export function processorMs(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const nanos = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]),
    );
    return nanos.reduce((sum, each) => sum + each, 0) / 1e6;
  } catch {
    return undefined;
  }
}
