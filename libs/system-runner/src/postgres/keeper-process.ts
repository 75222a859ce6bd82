import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { DatabaseServerError } from './errors.ts';
import type { KeeperAnswer, KeeperMessage, KeeperRequest } from './keeper-messages.ts';

/** The keeper process, seen from the process that asked for a server. */
export class Keeper {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  /** Requests are made one after the other, so that each knows its answer. */
  #underWay: Promise<unknown> = Promise.resolve();

  constructor() {
    this.#process = spawn(process.execPath, [keeperFile()], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    // A keeper that has already ended breaks the pipe; its exit is what we look at.
    this.#process.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#process.stdout });
  }

  /** Whether there is a server now. */
  firstMessage(): Promise<KeeperMessage> {
    return new Promise((resolve) => {
      this.#lines.once('line', (line) => {
        const message: KeeperMessage = JSON.parse(line);
        resolve(message);
      });
      this.#process.once('error', (error) =>
        resolve({ ready: false, failure: `The database cannot be started: ${error.message}` }),
      );
      this.#lines.once('close', () =>
        resolve({ ready: false, failure: 'The process that starts the database ended without a word.' }),
      );
    });
  }

  /**
   * Has the keeper do something, and waits until it is done.
   *
   * @throws DatabaseServerError when it cannot be done
   */
  ask(request: KeeperRequest): Promise<void> {
    const done = this.#underWay.then(() => this.#ask(request));
    this.#underWay = done.catch(() => {});
    return done;
  }

  /** A forgotten `stop()` must not keep this process alive: the keeper cleans up when it is gone. */
  letGo(): void {
    this.#process.unref();
    for (const pipe of this.#pipes()) pipe.unref();
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#process.ref();
    const exited = once(this.#process, 'exit');
    this.#process.stdin.end();
    await exited;
  }

  async #ask(request: KeeperRequest): Promise<void> {
    const gone = `PostgreSQL cannot ${request}: the process that kept it has ended.`;
    if (this.#hasEnded) throw new DatabaseServerError(gone);
    this.#process.ref();
    for (const pipe of this.#pipes()) pipe.ref();
    try {
      const { failure } = await new Promise<KeeperAnswer>((resolve) => {
        this.#lines.once('line', (line) => resolve(JSON.parse(line)));
        this.#lines.once('close', () => resolve({ request, failure: gone }));
        this.#process.stdin.write(`${request}\n`);
      });
      if (failure !== undefined) throw new DatabaseServerError(failure);
    } finally {
      this.letGo();
    }
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** They hold the event loop as the process does. They are sockets, although their types do not say so. */
  #pipes(): Socket[] {
    return [this.#process.stdin, this.#process.stdout].filter((pipe) => pipe instanceof Socket);
  }
}

/** The keeper is run from where this module was loaded: TypeScript sources or their compiled form. */
function keeperFile(): string {
  return path.join(import.meta.dirname, `keeper${path.extname(import.meta.filename)}`);
}
