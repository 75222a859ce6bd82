import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ownEnvironment, workspaceRoot } from '@breakwater/system-runner';
import { descendantsOf, type SeenProcess, survivorsOf } from './process-tree.ts';

/** The demo as a process of its own, as `npm run demo` starts it, and what becomes of it. */
export class DemoRun {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string>;
  /** The system's directory for temporary files, so that anything left there is the demo's. */
  readonly #temporary = mkdtempSync(path.join(tmpdir(), 'demo-e2e-'));
  readonly #seen = new Map<string, SeenProcess>();
  readonly #onOutput = new Set<() => void>();

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // PostgreSQL may run as another user and has its data in there.
    chmodSync(this.#temporary, 0o755);
    this.#child = spawn(
      process.execPath,
      ['--conditions=@breakwater/source', path.join(workspaceRoot, 'apps/demo/src/main.ts'), ...args],
      {
        cwd: workspaceRoot,
        env: ownEnvironment({ TMPDIR: this.#temporary, NO_COLOR: '1', ...env }),
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      for (const listener of this.#onOutput) listener();
    });
    const looking = setInterval(() => this.look(), 250);
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        clearInterval(looking);
        for (const listener of this.#onOutput) listener();
        resolve(signal ?? code ?? -1);
      });
    });
  }

  /** Its exit code, or the signal that ended it. */
  ended(): Promise<number | string> {
    return this.#ended;
  }

  /** Waits until it has said something on standard error. */
  async said(text: string): Promise<void> {
    while (!this.stderr.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`the demo ended without saying "${text}":\n${this.stderr}`);
      const output = Promise.withResolvers<void>();
      this.#onOutput.add(output.resolve);
      await output.promise;
      this.#onOutput.delete(output.resolve);
    }
    this.look();
  }

  /** The lines that say what went wrong. */
  get complaints(): string[] {
    return this.stderr.split('\n').filter((line) => line.startsWith('✖'));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** One of the processes that it started. */
  find(partOfCommandLine: string): SeenProcess {
    const found = [...this.#seen.values()].find(({ commandLine }) => commandLine.includes(partOfCommandLine));
    if (found === undefined) throw new Error(`the demo started no ${partOfCommandLine}`);
    return found;
  }

  /** Takes note of every process that descends from it now. */
  look(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    for (const each of descendantsOf(pid)) this.#seen.set(`${each.pid} ${each.startedAt}`, each);
  }

  /** How many processes it has been seen to start. */
  get started(): number {
    return this.#seen.size;
  }

  /** The command lines of processes that it started and that still run. */
  get survivors(): string[] {
    return survivorsOf(this.#seen.values()).map(({ commandLine }) => commandLine);
  }

  /** What it left in the directory for temporary files. */
  get leftFiles(): string[] {
    return readdirSync(this.#temporary);
  }

  /** Ends it, however it is, for the end of a test. */
  async cleanUp(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.signal('SIGTERM');
    await this.#ended;
    rmSync(this.#temporary, { recursive: true, force: true });
  }
}
