import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

let reaper: ChildProcess | undefined;

/** From now on the process group ends with this program, even when this program is killed. */
export function protect(pid: number): void {
  reaper ??= startReaper();
  reaper.stdin?.write(`own ${pid}\n`);
}

/** The process group has ended: its number may be somebody else's soon. */
export function release(pid: number): void {
  reaper?.stdin?.write(`disown ${pid}\n`);
}

/** Ends the protection, for when nothing is left to be protected. */
export async function endProtection(): Promise<void> {
  const ending = reaper;
  reaper = undefined;
  if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
  const exited = once(ending, 'exit');
  ending.ref();
  ending.stdin?.end();
  await exited;
}

function startReaper(): ChildProcess {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, `reaper${path.extname(import.meta.filename)}`)],
    {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  // Without it the system works as well; it is only less tidy after a SIGKILL.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  // It must not keep this program alive.
  child.unref();
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}
