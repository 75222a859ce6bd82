import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';

/** The largest output of `kubectl`, in bytes: objects with all fields that the server adds. */
const mostOutput = 64 * 2 ** 20;

/** The result of a command. */
export interface CommandResult {
  readonly isOk: boolean;
  readonly output: string;
  readonly errors: string;
}

/** Runs kubectl for one cluster. */
export class Kubectl {
  readonly #program: string;
  readonly #options: readonly string[];

  /** @param options select the cluster, such as `--context=kind-breakwater` */
  constructor(program: string, options: readonly string[]) {
    this.#program = program;
    this.#options = options;
  }

  /** @param input standard input, for `-f -` */
  run(args: readonly string[], input = ''): Promise<CommandResult> {
    const { promise, resolve } = Promise.withResolvers<CommandResult>();
    const child = execFile(
      this.#program,
      [...this.#options, ...args],
      { maxBuffer: mostOutput },
      (error, output, errors) => resolve({ isOk: error === null, output, errors }),
    );
    child.stdin?.end(input);
    return promise;
  }

  /** The same, for a command that must succeed. @returns its output @throws Error with the errors of kubectl */
  async mustRun(args: readonly string[], input?: string): Promise<string> {
    const { isOk, output, errors } = await this.run(args, input);
    if (!isOk) throw new Error(`kubectl ${args.join(' ')}: ${errors.trim()}`);
    return output;
  }

  /** Starts a command that runs until it is ended, such as `port-forward`. */
  start(args: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(this.#program, [...this.#options, ...args]);
  }
}
