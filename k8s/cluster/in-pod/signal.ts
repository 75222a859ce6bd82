import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

/**
 * Sends signals to the processes of containers, from a pod that sees the processes of its node: a container cannot kill or freeze
 * its own first process. This file is copied into the pod as it is, so it imports only from Node.
 */
export function processesOf(containerId: string, proc = '/proc'): number[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => controlGroupsOf(join(proc, name)).includes(containerId))
    .map(Number);
}

/** Empty when the process has ended. */
function controlGroupsOf(folder: string): string {
  try {
    return readFileSync(join(folder, 'cgroup'), 'utf8');
  } catch {
    return '';
  }
}

/** How long processes are stopped and how long they run, in turns, in milliseconds. */
export interface Pulse {
  readonly stoppedMs: number;
  readonly runningMs: number;
}

/** Stops and continues processes in turns until a signal aborts. They run afterwards in any case. */
export async function pulse(
  processes: readonly number[],
  { stoppedMs, runningMs }: Pulse,
  signal: AbortSignal,
): Promise<void> {
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal }).catch(() => {});
  try {
    while (!signal.aborted) {
      sendToAll(processes, 'SIGSTOP');
      await pause(stoppedMs);
      sendToAll(processes, 'SIGCONT');
      await pause(runningMs);
    }
  } finally {
    sendToAll(processes, 'SIGCONT');
  }
}

/** Leaves out processes that have ended. */
function sendToAll(processes: readonly number[], signal: NodeJS.Signals): void {
  for (const id of processes) {
    try {
      process.kill(id, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

if (import.meta.main) {
  const { values, positionals: containerIds } = parseArgs({
    options: { signal: { type: 'string' }, stopped: { type: 'string' }, running: { type: 'string' } },
    allowPositionals: true,
  });
  const processes = containerIds.flatMap((id) => {
    const found = id.length >= 32 ? processesOf(id) : [];
    if (found.length === 0) throw new Error(`no process of container ${id}`);
    return found;
  });
  if (values.signal === undefined) {
    const ended = new AbortController();
    // The end of standard input ends the pulse, also when the caller has been killed.
    process.stdin.on('end', () => ended.abort()).resume();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ended.abort());
    await pulse(processes, { stoppedMs: Number(values.stopped), runningMs: Number(values.running) }, ended.signal);
  } else {
    sendToAll(processes, values.signal as NodeJS.Signals);
  }
}
