import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { protect, release } from './orphan-protection.ts';

/** What to start. */
export interface ProcessSpec {
  /** What it is called in messages, such as `account-1`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process; {@link ownEnvironment} is the usual start. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Where both of its output streams are appended. */
  readonly logFile: string;
}

/** How a process ended: with a code, by a signal, or by never having started. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

/** How long a process may take to end by itself before it is killed. */
const defaultGraceMs = 8_000;

/** Every process of this program that may still be alive. */
const alive = new Set<OwnedProcess>();

// The last resort, whatever way this program ends: an exit handler cannot wait, but it can kill.
process.on('exit', () => {
  for (const each of alive) each.kill();
});

/**
 * A process that this program started and answers for.
 *
 * It is the leader of a group of its own. So Ctrl-C in a terminal, which reaches the whole foreground group, reaches
 * this program only, which then stops the others in an order that makes sense; and what the process itself started can
 * be killed along with it.
 */
export class OwnedProcess {
  readonly name: string;
  readonly logFile: string;
  /** Settles, never rejects, when the process has ended. */
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  #exit: ProcessExit | undefined;
  #stopping = false;

  constructor(spec: ProcessSpec) {
    this.name = spec.name;
    this.logFile = spec.logFile;
    // A file, not a pipe: it costs this program no work, and it is complete whatever happens to this program.
    const log = openSync(spec.logFile, 'a');
    try {
      this.#child = spawn(spec.command, spec.args, {
        ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
        env: spec.env,
        detached: true,
        windowsHide: true,
        stdio: ['ignore', log, log],
      });
    } finally {
      closeSync(log);
    }
    const { pid } = this.#child;
    alive.add(this);
    if (pid !== undefined) protect(pid);
    this.exited = new Promise((resolve) => {
      const ended = (exit: ProcessExit): void => {
        this.#exit ??= exit;
        // Its own children, say nginx's workers, may have outlived it.
        this.#signalGroup('SIGKILL');
        alive.delete(this);
        if (pid !== undefined) release(pid);
        resolve(this.#exit);
      };
      this.#child.once('exit', (code, signal) => ended({ code, signal }));
      this.#child.on('error', (error) => {
        if (pid === undefined) ended({ code: null, signal: null, error });
      });
    });
  }

  /** The process id; undefined when the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How the process ended; undefined while it is alive. */
  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  /** Whether this program asked the process to end: its end is then no surprise. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /**
   * Asks the process to end and waits until it has; kills it when it takes too long.
   *
   * @param graceMs how long it may take (default 8,000)
   */
  async stop(graceMs: number = defaultGraceMs): Promise<void> {
    this.#stopping = true;
    if (this.#exit !== undefined) return;
    this.#child.kill('SIGTERM');
    const tooLong = setTimeout(() => this.kill(), graceMs);
    await this.exited;
    clearTimeout(tooLong);
  }

  /** Ends the process and everything it started, at once. */
  kill(): void {
    this.#stopping = true;
    if (this.#exit === undefined) this.#signalGroup('SIGKILL');
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      // A negative id means the group. Windows knows no groups; there only the process itself can be ended.
      process.kill(process.platform === 'win32' ? pid : -pid, signal);
    } catch {
      // Nothing of it is left, which is what was wanted.
    }
  }
}

/** `(exit code 3)`, `(killed by SIGKILL)` or why it never ran: the end of a process, for a sentence. */
export function describeExit({ code, signal, error }: ProcessExit): string {
  if (error !== undefined) return `could not be started: ${error.message}`;
  return signal === null ? `exit code ${code}` : `killed by ${signal}`;
}

/**
 * This program's environment as a start for a child's: without what a surrounding task runner, test runner or npm
 * script left there for its own use, which a build or a service would take as meant for itself.
 *
 * @param additions what the child needs beside it
 */
export function ownEnvironment(additions: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:NX_|VITEST|npm_|NODE_ENV$|FORCE_COLOR$)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...additions };
}
