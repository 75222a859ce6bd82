import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

type Message =
  | { readonly guard: number; readonly signal: NodeJS.Signals }
  | { readonly guard: string }
  | { readonly release: number | string };

/**
 * Ends process groups and removes directories when this program ends without doing so itself, even by SIGKILL.
 *
 * The watchdog is a process of its own. The operating system closes its standard input when this program ends, however
 * that happens. It runs as long as something is guarded, and does not keep this program alive.
 */
export class ParentWatchdog {
  readonly #guarded = new Set<number | string>();
  #process: ChildProcess | undefined;

  /** @param signal sent to the process group when this program has ended */
  guardProcess(pid: number, signal: NodeJS.Signals): void {
    this.#guarded.add(pid);
    this.#send({ guard: pid, signal });
  }

  /** Directories are removed after all processes have ended. */
  guardDirectory(directory: string): void {
    this.#guarded.add(directory);
    this.#send({ guard: directory });
  }

  /** Call it when the process has ended (its id may be reused) or the directory is removed. */
  async release(subject: number | string): Promise<void> {
    this.#guarded.delete(subject);
    if (this.#guarded.size > 0) {
      this.#send({ release: subject });
      return;
    }
    const ending = this.#process;
    this.#process = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, 'exit');
    ending.ref();
    ending.stdin?.end(`${JSON.stringify({ release: subject } satisfies Message)}\n`);
    await exited;
  }

  #send(message: Message): void {
    this.#process ??= startWatchdog();
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }
}

/** The watchdog of this program. */
export const parentWatchdog = new ParentWatchdog();

function startWatchdog(): ChildProcess {
  // A process group of its own: Ctrl-C in a terminal must not end the watchdog before this program.
  const child = spawn(process.execPath, [import.meta.filename], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a watchdog everything works, but a killed program leaves its processes behind.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.unref();
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}

/** Sends a signal to a process and its group. Does nothing when they have ended. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    // A negative id means the group. Windows has no groups.
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has already ended.
  }
}

/** How long a process may take to end after its signal before it is killed. */
const endTimeoutMs = 10_000;

async function watch(): Promise<void> {
  const processes = new Map<number, NodeJS.Signals>();
  const directories = new Set<string>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  for await (const line of createInterface({ input: process.stdin })) {
    const message: Message = JSON.parse(line);
    if ('signal' in message) processes.set(message.guard, message.signal);
    else if ('guard' in message) directories.add(message.guard);
    else if (typeof message.release === 'number') processes.delete(message.release);
    else directories.delete(message.release);
  }
  for (const [pid, signal] of processes) {
    signalGroup(pid, signal);
    // A stopped process receives it only now.
    signalGroup(pid, 'SIGCONT');
  }
  const deadline = performance.now() + endTimeoutMs;
  for (const pid of processes.keys()) {
    while (isRunning(pid) && performance.now() < deadline) await delay(20);
    signalGroup(pid, 'SIGKILL');
  }
  for (const directory of directories) {
    // A process that is ending may still create files.
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    // A zombie has ended, but its new parent has not noticed yet.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

if (import.meta.main) await watch();
