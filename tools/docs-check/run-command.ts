import { spawn, spawnSync } from 'node:child_process';

/** How a shell is to run what a page says. */
export interface ShellOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends it as soon as it has said this, for what would go on for ever. */
  readonly until?: string;
  /** Ends it in any case. */
  readonly timeLimitMs: number;
}

/** What came of it. */
export interface ShellResult {
  readonly exitCode: number | null;
  /** Standard output and standard error, as they came. */
  readonly said: string;
}

/** Runs shell text in a group of processes of its own, of which none is left when it has ended. */
export async function runInShell(text: string, { cwd, env, until, timeLimitMs }: ShellOptions): Promise<ShellResult> {
  const child = spawn('bash', ['-c', `set -e -o pipefail\n${text}`], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  const endGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of it has ended by itself.
    }
  };
  const hear = (chunk: string): void => {
    said += chunk;
    if (until !== undefined && said.includes(until)) endGroup();
  };
  const late = setTimeout(endGroup, timeLimitMs);
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      clearTimeout(late);
      endGroup();
    });
    child.once('close', (exitCode) => resolve({ exitCode, said }));
  });
}

/** Those of these programs that this machine lacks. */
export function missingOf(programs: readonly string[]): readonly string[] {
  return programs.filter((program) => spawnSync('bash', ['-c', `command -v ${program}`]).status !== 0);
}
