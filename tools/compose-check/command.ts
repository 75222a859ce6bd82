import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** How much of what a failed command said is worth showing. */
const lastCharacters = 4_000;

/** How a command is to be run. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the command when it aborts, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to standard output
 * @throws Error with the end of all that it said, when it fails or there is no such program
 */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env, signal }: CommandOptions,
): Promise<string> {
  signal?.throwIfAborted();
  // A group of its own: a Ctrl-C in the terminal is ours to act on, and would otherwise end `docker compose down` as well.
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let [output, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const stop = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    signal?.throwIfAborted();
    if (code === 0) return output;
    throw new Error(
      `${[program, ...args].join(' ')} failed (${code ?? 'ended by a signal'}):\n${said.slice(-lastCharacters)}`,
    );
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
