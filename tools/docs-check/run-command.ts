import { spawn } from 'node:child_process';
import { findProgram, signalGroup } from '@breakwater/system-runner';

export interface ShellOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the command as soon as its output contains this text, for commands that do not end on their own. */
  readonly until?: string;
  /** Ends the command after this time. */
  readonly timeLimitMs: number;
}

export interface ShellResult {
  /** `null` if the command was ended. */
  readonly exitCode: number | null;
  /** Standard output and standard error, interleaved. */
  readonly output: string;
}

/** Runs shell text in a process group of its own, and kills the whole group when the shell ends. */
export async function runInShell(text: string, { cwd, env, until, timeLimitMs }: ShellOptions): Promise<ShellResult> {
  const child = spawn('bash', ['-c', `set -e -o pipefail\n${text}`], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const killGroup = (): void => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  };
  const append = (chunk: string): void => {
    output += chunk;
    if (until !== undefined && output.includes(until)) killGroup();
  };
  const timeout = setTimeout(killGroup, timeLimitMs);
  child.stdout.setEncoding('utf8').on('data', append);
  child.stderr.setEncoding('utf8').on('data', append);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      clearTimeout(timeout);
      killGroup();
    });
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}

/** The given programs that are not installed. */
export function missingOf(programs: readonly string[]): readonly string[] {
  return programs.filter((program) => findProgram(program) === undefined);
}
