import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A line of a service's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A service in a process of its own, and what it says. */
export interface TestedProcess {
  /** Its log so far; complete once it has ended. */
  readonly log: readonly LogLine[];
  /** Its URL, once it listens. Rejects when its first line says anything else. */
  readonly listening: Promise<string>;
  /** Its exit code, null where a signal ended it, and all it wrote to standard error. */
  readonly ended: Promise<{ readonly code: unknown; readonly errors: string }>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Runs the compiled entry point of a service, on any free port unless told otherwise. It inherits no variables.
 *
 * @throws Error when the service hasn't been built
 */
export function startProcess(entryPoint: URL, environment: Readonly<Record<string, string>>): TestedProcess {
  const file = fileURLToPath(entryPoint);
  if (!existsSync(file)) throw new Error(`${file} is missing: run this through nx, or build first.`);

  const child = spawn(process.execPath, [file], {
    env: { PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  const log: LogLine[] = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => log.push(JSON.parse(line) as LogLine));
  const listening = once(output, 'line').then(([line]: unknown[]) => urlIn(String(line)));
  // A test of how a service ends needn't ask whether it listened.
  listening.catch(() => {});
  return {
    log,
    listening,
    ended: once(child, 'close').then(([code]: unknown[]) => ({ code, errors })),
    kill: (signal) => void child.kill(signal),
  };
}

function urlIn(line: string): string {
  const url = /listening on (?<url>[^"]+)/.exec(line)?.groups?.['url'];
  if (url === undefined) throw new Error(`The service does not listen; it says ${line}`);
  return url;
}
