import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Sends a signal to the processes of a container, from a pod that sees the processes of its node: a container cannot kill or
 * freeze its own first process. This file is copied into the pod as it is.
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

if (import.meta.main) {
  const [signal, containerId = ''] = process.argv.slice(2);
  const processes = containerId.length >= 32 ? processesOf(containerId) : [];
  for (const id of processes) process.kill(id, signal);
  process.stdout.write(String(processes.length));
}
