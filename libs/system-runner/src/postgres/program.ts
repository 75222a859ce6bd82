import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import type { UnprivilegedUser } from './unprivileged-user.ts';

/** Runs a program to its end. Rejects with its last words when it fails. */
export function run(program: string, args: readonly string[], user: UnprivilegedUser | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...user, cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] });
    const tail = tailOf(child);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(tail() || `it ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/** Keeps the end of what a process says on its standard error, as one line. */
export function tailOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-2_000);
  });
  return () => text.trim().split('\n').slice(-4).join(' | ');
}
