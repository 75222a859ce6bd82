import { readdirSync, readFileSync } from 'node:fs';

/** A process, told apart from a later one with the same number. */
export interface SeenProcess {
  readonly pid: number;
  /** In the kernel's ticks since it was booted. */
  readonly startedAt: string;
  readonly commandLine: string;
}

interface Entry extends SeenProcess {
  readonly parent: number;
}

/** Every process that descends from the given one. Empty on a system without /proc. */
export function descendantsOf(pid: number): SeenProcess[] {
  const entries = list();
  const found: Entry[] = [];
  let parents = new Set([pid]);
  while (parents.size > 0) {
    const children = entries.filter((entry) => parents.has(entry.parent));
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found;
}

/** Those that still run. */
export function survivorsOf(processes: Iterable<SeenProcess>): SeenProcess[] {
  return [...processes].filter(({ pid, startedAt }) => read(pid)?.startedAt === startedAt);
}

function list(): Entry[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const entry = /^\d+$/.test(name) ? read(Number(name)) : undefined;
    return entry === undefined ? [] : [entry];
  });
}

/** Undefined when there is no such process, or only what its parent has not yet looked at. */
function read(pid: number): Entry | undefined {
  try {
    // The second field, the name, may hold anything, also spaces and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent] = fields;
    const startedAt = fields[19];
    if (state === 'Z' || startedAt === undefined) return undefined;
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, parent: Number(parent), startedAt, commandLine };
  } catch {
    return undefined;
  }
}
