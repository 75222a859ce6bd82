import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const patienceMs = 15_000;

/** Lists that are streamed need an etcd of 3.4.25 at least, and Debian's is older. */
const environment = { ...process.env, KUBE_FEATURE_WatchListClient: 'false' };

/** A process that was started here and ends with us, one way or another. Its log is in a file. */
export class OwnedProcess {
  readonly name: string;
  readonly #logFile: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(program: string, args: readonly string[], folder: string) {
    this.name = basename(program);
    this.#logFile = join(folder, `${this.name}.log`);
    const log = openSync(this.#logFile, 'w');
    // A group of its own: a Ctrl-C in the terminal is ours to act on.
    this.#child = spawn(program, args, { cwd: folder, stdio: ['ignore', log, log], detached: true, env: environment });
    closeSync(log);
    this.#ended = once(this.#child, 'exit').catch(() => {});
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined;
  }

  /** The end of its log, for a message. */
  get lastWords(): string {
    return readFileSync(this.#logFile, 'utf8').slice(-3_000);
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    await this.#ended;
    clearTimeout(late);
  }
}
