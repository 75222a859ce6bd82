import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment, SupervisedProcess, workspaceRoot } from '@breakwater/system-runner';

/** The demo as a process, started as by `npm run demo`, and the processes and files that it creates. */
export class DemoProcess {
  /** The demo's directory for temporary files: every file in it is the demo's. */
  readonly #temporary = mkdtempSync(path.join(tmpdir(), 'demo-e2e-'));
  readonly #output = mkdtempSync(path.join(tmpdir(), 'demo-e2e-output-'));
  readonly #process: SupervisedProcess;
  readonly #descendants = new Map<string, ObservedProcess>();

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // PostgreSQL may run as another user and has its data in this directory.
    chmodSync(this.#temporary, 0o755);
    this.#process = new SupervisedProcess({
      name: 'demo',
      command: process.execPath,
      args: ['--conditions=@breakwater/source', path.join(workspaceRoot, 'apps/demo/src/main.ts'), ...args],
      cwd: workspaceRoot,
      env: childEnvironment({ TMPDIR: this.#temporary, NO_COLOR: '1', ...env }),
      logFile: path.join(this.#output, 'stdout'),
      errorFile: path.join(this.#output, 'stderr'),
    });
    const observing = setInterval(() => this.#observe(), 250);
    void this.#process.exited.then(() => clearInterval(observing));
  }

  get stdout(): string {
    return readFileSync(path.join(this.#output, 'stdout'), 'utf8');
  }

  get stderr(): string {
    return readFileSync(path.join(this.#output, 'stderr'), 'utf8');
  }

  /** The exit code, or the signal that ended the demo. */
  async ended(): Promise<number | string> {
    const { code, signal } = await this.#process.exited;
    return signal ?? code ?? -1;
  }

  /** Waits until the demo has written a text. */
  async printed(text: string): Promise<void> {
    while (!this.stderr.includes(text) && !this.stdout.includes(text)) {
      if (this.#process.exit !== undefined) throw new Error(`the demo ended without "${text}":\n${this.stderr}`);
      await delay(20);
    }
    this.#observe();
  }

  /** The lines that report errors. */
  get errorLines(): string[] {
    return this.stderr.split('\n').filter((line) => line.startsWith('✖'));
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** A process that the demo started. */
  find(partOfCommandLine: string): ObservedProcess {
    const found = [...this.#descendants.values()].find(({ commandLine }) => commandLine.includes(partOfCommandLine));
    if (found === undefined) throw new Error(`the demo started no ${partOfCommandLine}`);
    return found;
  }

  /** The number of processes that the demo was observed to start. */
  get started(): number {
    return this.#descendants.size;
  }

  /** The command lines of processes of the demo that are still running. */
  get survivors(): string[] {
    return [...this.#descendants.values()]
      .filter(({ pid, startedAt }) => readProcess(pid)?.startedAt === startedAt)
      .map(({ commandLine }) => commandLine);
  }

  /** The command lines of processes of the demo that are stopped where they are. */
  get frozen(): string[] {
    return [...this.#descendants.values()]
      .filter(({ pid }) => readProcess(pid)?.state === 'T')
      .map(({ commandLine }) => commandLine);
  }

  /** The files left in the directory for temporary files. */
  get leftFiles(): string[] {
    return readdirSync(this.#temporary);
  }

  /** Ends the demo and removes its files. */
  async cleanUp(): Promise<void> {
    this.signal('SIGTERM');
    await this.#process.exited;
    for (const directory of [this.#temporary, this.#output]) rmSync(directory, { recursive: true, force: true });
  }

  #observe(): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    for (const each of descendantsOf(pid)) this.#descendants.set(`${each.pid} ${each.startedAt}`, each);
  }
}

/** A process; `startedAt` distinguishes it from a later one with the same id. */
interface ObservedProcess {
  readonly pid: number;
  readonly parent: number;
  /** As the kernel names it: `T` is stopped. */
  readonly state: string;
  /** Kernel ticks since boot. */
  readonly startedAt: string;
  readonly commandLine: string;
}

/** All descendants of a process. Empty on a system without /proc. */
function descendantsOf(pid: number): ObservedProcess[] {
  const all = listProcesses();
  const found: ObservedProcess[] = [];
  let parents = new Set([pid]);
  while (parents.size > 0) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found;
}

function listProcesses(): ObservedProcess[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.filter((name) => /^\d+$/.test(name)).flatMap((name) => readProcess(Number(name)) ?? []);
}

/** Undefined when there is no such process, or only a zombie. */
function readProcess(pid: number): ObservedProcess | undefined {
  try {
    // The second field, the name, may contain spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent] = fields;
    const startedAt = fields[19];
    if (state === undefined || state === 'Z' || startedAt === undefined) return undefined;
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, parent: Number(parent), state, startedAt, commandLine };
  } catch {
    return undefined;
  }
}
