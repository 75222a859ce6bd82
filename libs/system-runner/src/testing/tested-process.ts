import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SupervisedProcess } from '../supervised-process.ts';

/** A line of the log of a service. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A service as a process. */
export interface TestedProcess {
  /** Its log, once it has ended. */
  readonly log: readonly LogLine[];
  /** Its URL when it listens. Rejects when it ends before. */
  readonly listening: Promise<string>;
  /** Its exit code (null after a signal) and its standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when its log contains a text. Rejects when it ends before. */
  hasLogged(text: string): Promise<void>;
}

const pollIntervalMs = 20;
const never = new AbortController().signal;

/**
 * Runs the compiled entry of a service, by default on a free port, without a wait for its database at its start and without a delay at its
 * end. It inherits no variables.
 *
 * @param prefix a command that runs it, such as `unshare`
 * @throws Error when the service is not built
 */
export function startProcess(
  entryPoint: URL,
  environment: Readonly<Record<string, string>>,
  prefix: readonly string[] = [],
): TestedProcess {
  const file = fileURLToPath(entryPoint);
  if (!existsSync(file)) throw new Error(`${file} is missing: run the test through nx, or build first.`);

  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-process-'));
  const [logFile, errorFile] = [path.join(directory, 'output'), path.join(directory, 'errors')];
  let url: string | undefined;
  const service = new SupervisedProcess({
    name: path.basename(file),
    command: prefix[0] ?? process.execPath,
    args: prefix.length > 0 ? [...prefix.slice(1), process.execPath, file] : [file],
    env: { PORT: '0', SHUTDOWN_DELAY: '0ms', STARTUP_TIMEOUT: '0ms', ...environment },
    logFile,
    errorFile,
    probe: async () => {
      url = /listening on (?<url>[^"]+)/.exec(readFileSync(logFile, 'utf8'))?.groups?.['url'];
      return url === undefined ? 'it does not listen' : undefined;
    },
  });
  const listening = service.ready(never, pollIntervalMs).then(() => url ?? '');
  // Tests of failing starts do not await it.
  listening.catch(() => {});
  const log: LogLine[] = [];
  const ended = service.exited.then(({ code }) => {
    const output = readFileSync(logFile, 'utf8');
    // A process that was killed may have written only a part of its last line.
    const whole = code === null ? output.slice(0, output.lastIndexOf('\n') + 1) : output;
    const lines = whole.split('\n').filter(Boolean);
    const errors = readFileSync(errorFile, 'utf8');
    rmSync(directory, { recursive: true });
    log.push(...lines.map((line) => JSON.parse(line) as LogLine));
    return { code, errors };
  });
  const hasLogged = async (text: string): Promise<void> => {
    while (!readFileSync(logFile, 'utf8').includes(text)) {
      if (service.exit !== undefined) throw new Error(`${service.name} has ended and never logged: ${text}`);
      await delay(pollIntervalMs);
    }
  };
  return { log, listening, ended, kill: (signal) => service.signal(signal), hasLogged };
}
