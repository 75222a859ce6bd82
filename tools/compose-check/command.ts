import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Displayed length of the output of a failed command. */
const lastCharacters = 4_000;

/** Options of a command. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the command when it aborts; the command rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program.
 *
 * @returns its standard output
 * @throws Error with the end of its output when it fails
 */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env, signal }: CommandOptions,
): Promise<string> {
  signal?.throwIfAborted();
  // Its own process group: Ctrl-C must not end `docker compose down`.
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
