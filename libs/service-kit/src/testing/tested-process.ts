import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A line of the log of a service. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A service as a process. */
export interface TestedProcess {
  /** Its log until now; complete when it has ended. */
  readonly log: readonly LogLine[];
  /** Its URL when it listens. Rejects when it ends before. */
  readonly listening: Promise<string>;
  /** Its exit code (null after a signal) and its standard error. */
  readonly ended: Promise<{ readonly code: unknown; readonly errors: string }>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Runs the compiled entry of a service, by default on a free port. It inherits no variables.
 *
 * @throws Error when the service is not built
 */
export function startProcess(entryPoint: URL, environment: Readonly<Record<string, string>>): TestedProcess {
  const file = fileURLToPath(entryPoint);
  if (!existsSync(file)) throw new Error(`${file} is missing: run the test through nx, or build first.`);

  const child = spawn(process.execPath, [file], {
    env: { PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  const log: LogLine[] = [];
  const output = createInterface({ input: child.stdout });
  const listening = Promise.withResolvers<string>();
  output.on('line', (line) => {
    log.push(JSON.parse(line) as LogLine);
    const url = urlIn(line);
    if (url !== undefined) listening.resolve(url);
  });
  child.once('close', () => listening.reject(new Error(`The service ended before it listened. ${errors}`)));
  // Tests of failing starts do not await it.
  listening.promise.catch(() => {});
  return {
    log,
    listening: listening.promise,
    ended: once(child, 'close').then(([code]: unknown[]) => ({ code, errors })),
    kill: (signal) => void child.kill(signal),
  };
}

const urlIn = (line: string): string | undefined => /listening on (?<url>[^"]+)/.exec(line)?.groups?.['url'];
