import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Processors in use: 0.5 is half of one. */
export interface ProcessorUse {
  /** By k6. */
  readonly generator: number;
  /** By this program and all processes that it started: the system and k6. */
  readonly own: number;
  /** By everything on the machine. */
  readonly machine: number;
}

/**
 * Measures the number of processors in use. Each call returns the average since the previous one; undefined when the platform does
 * not report it.
 *
 * @param generatorPid the process of k6
 */
export function processorUse(generatorPid: number): () => ProcessorUse | undefined {
  const read = () => {
    const processes = readProcesses();
    return {
      at: performance.now(),
      // With the threads that have ended: those of Go come and go.
      generator: processes.find(({ pid }) => pid === generatorPid)?.ms,
      own: treeProcessorMs(processes, process.pid),
      machine: cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0),
    };
  };
  let last = read();
  return () => {
    const [before, now] = [last, read()];
    last = now;
    const elapsed = now.at - before.at;
    if (before.generator === undefined || now.generator === undefined || elapsed <= 0) return undefined;
    return {
      generator: (now.generator - before.generator) / elapsed,
      own: (now.own - before.own) / elapsed,
      machine: (now.machine - before.machine) / elapsed,
    };
  };
}

/** A process of Linux with the processor time of itself and of those of its children that have ended. */
export interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  readonly ms: number;
}

/** `getconf CLK_TCK` is 100 on every platform of Node. */
const msPerTick = 10;

/** Reads a line of `/proc/PID/stat`. The name, in parentheses, may have spaces and parentheses itself. */
export function parseStat(line: string): ProcessTimes {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return { pid: Number.parseInt(line, 10), parent: Number(fields[1]), ms: ticks * msPerTick };
}

/** The processor time of a process and all of its descendants, in milliseconds. */
export function treeProcessorMs(processes: readonly ProcessTimes[], root: number): number {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const below = (pid: number): number =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + child.ms + below(child.pid), 0);
  return (processes.find(({ pid }) => pid === root)?.ms ?? 0) + below(root);
}

/** All processes; none where the platform does not report them. */
function readProcesses(): ProcessTimes[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          return [parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))];
        } catch {
          // It has ended meanwhile.
          return [];
        }
      });
  } catch {
    return [];
  }
}

/**
 * The processor time of all living threads of a process, in milliseconds. Linux counts it in nanoseconds (`schedstat`),
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

/** The memory that a process holds (RSS), in MiB. @returns undefined where the platform does not report it */
export function residentMiB(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1_024;
  } catch {
    return undefined;
  }
}
