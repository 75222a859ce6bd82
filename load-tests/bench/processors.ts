import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Who has which processors while load is on. */
export interface Processors {
  /** What account is started by, so that it has one of its own; empty where nothing can be pinned. */
  readonly prefix: readonly string[];
  /** What a process is started by that may have all of them. */
  readonly unpinned: readonly string[];
  readonly description: string;
}

/**
 * Gives account the first processor, and this program, with PostgreSQL and all else that it starts, the others: what the load
 * costs elsewhere then takes nothing from account. Where there is no `taskset`, or only one processor, they share.
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
        description: `account has one processor for itself, all else the other${count > 2 ? 's' : ''}`,
      }
    : { prefix: [], unpinned: [], description: 'nothing is pinned: all share all processors' };
}

/**
 * The processor time that all threads of a process have had, in milliseconds. Nanoseconds are counted on Linux (`schedstat`),
 * where asking costs the process nothing.
 *
 * @returns undefined where the machine doesn't say
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
