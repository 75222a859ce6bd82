import { spawnSync } from 'node:child_process';
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
