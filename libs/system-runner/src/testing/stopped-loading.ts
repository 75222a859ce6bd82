import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startProcess } from './tested-process.ts';

/** Runs a program as process 1 of its own namespace, as in a container. */
const unshare = ['unshare', '--pid', '--fork', '--kill-child'];

/** Whether this machine lets this user start a program as process 1. */
export const canBeProcessOne = (): boolean => spawnSync(unshare[0] ?? '', [...unshare.slice(1), 'true']).status === 0;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Stops the loading of the service kit, and with it of everything that the entry loads, until a file exists. */
const stopsLoading = (started: string, goOn: string): string => `
  import { registerHooks } from 'node:module';
  import { existsSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
  const isReached = (url) => /service-kit.(?:dist.)?index/.test(url);
  registerHooks({
    load(url, context, next) {
      if (isReached(url) && !existsSync(${JSON.stringify(started)})) {
        // The process id outside of its namespace.
        writeFileSync(${JSON.stringify(`${started}.new`)}, readlinkSync('/proc/self'));
        renameSync(${JSON.stringify(`${started}.new`)}, ${JSON.stringify(started)});
        const cell = new Int32Array(new SharedArrayBuffer(4));
        while (!existsSync(${JSON.stringify(goOn)})) Atomics.wait(cell, 0, 0, 10);
      }
      return next(url, context);
    },
  });`;

/**
 * Starts a compiled entry, sends SIGTERM while its modules are loaded, and waits for its end.
 *
 * @param asProcessOne whether it is process 1 of a namespace, in which a signal without a handler is lost
 */
export async function endWhileLoading(
  entryPoint: URL,
  environment: Readonly<Record<string, string>>,
  { asProcessOne }: { readonly asProcessOne: boolean },
): Promise<{ readonly code: number | null; readonly errors: string }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-loading-'));
  const [hook, started, goOn] = ['hook.mjs', 'started', 'go-on'].map((name) => path.join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(hook, stopsLoading(started, goOn));
  const service = startProcess(
    entryPoint,
    { ...environment, NODE_OPTIONS: `--import ${hook}` },
    asProcessOne ? unshare : [],
  );
  try {
    while (!existsSync(started)) {
      const end = await Promise.race([service.ended, pause(20)]);
      if (end !== undefined) throw new Error(`it ended before it loaded the service kit: ${end.errors}`);
    }
    process.kill(Number(readFileSync(started, 'utf8')), 'SIGTERM');
    writeFileSync(goOn, '');
    return await service.ended;
  } finally {
    service.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  }
}
