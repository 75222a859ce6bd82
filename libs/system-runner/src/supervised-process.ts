import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { parentWatchdog, signalGroup } from './parent-watchdog.ts';
import { pause, unlessAborted } from './abortable.ts';
import { SystemFailure } from './system-failure.ts';

/** A program to run. */
export interface ProcessSpec {
  /** Its name in messages, such as `account-1`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The complete environment; {@link childEnvironment} is the usual one. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The output is appended to it. */
  readonly logFile: string;
  /** Standard error is appended to it. Default: `logFile`. */
  readonly errorFile?: string;
  /** The user and group that it runs as. Default: those of this program. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Whether it keeps this program alive. Default: true. */
  readonly keepsAlive?: boolean;
  /** The signal that asks it to end. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** The signal that it receives when this program ended without stopping it. Default: SIGKILL. */
  readonly orphanSignal?: NodeJS.Signals;
  /** Removes what an earlier process has left, before each start. */
  readonly prepare?: () => void;
  /** How to find out whether it is ready; {@link SupervisedProcess.ready} needs it. */
  readonly probe?: ReadinessProbe;
}

/** Resolves with undefined when the process is ready, otherwise with what was observed instead. */
export type ReadinessProbe = (pid: number, signal: AbortSignal) => Promise<string | undefined>;

/** How a process ended: with a code, by a signal, or because it could not be started. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

/** How long a process may take to end before it is killed. */
const stopTimeoutMs = 8_000;
const readyTimeoutMs = 30_000;

/**
 * A process that ends with this program, however this program ends (see {@link ParentWatchdog}).
 *
 * It leads its own process group: Ctrl-C in a terminal reaches only this program, which stops its processes in order;
 * and everything that the process started itself can be killed with it.
 */
export class SupervisedProcess {
  readonly name: string;
  readonly logFile: string;
  /** Resolves when the process has ended. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly #spec: ProcessSpec;
  readonly #child: ChildProcess;
  #exit: ProcessExit | undefined;
  #stopping = false;

  constructor(spec: ProcessSpec) {
    this.name = spec.name;
    this.logFile = spec.logFile;
    this.#spec = spec;
    spec.prepare?.();
    // A file instead of a pipe: it is complete even when this program is killed, and needs no work here.
    const log = openSync(spec.logFile, 'a');
    const errors = openSync(spec.errorFile ?? spec.logFile, 'a');
    try {
      this.#child = spawn(spec.command, spec.args, {
        ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
        ...spec.user,
        env: spec.env,
        detached: true,
        windowsHide: true,
        stdio: ['ignore', log, errors],
      });
    } finally {
      closeSync(log);
      closeSync(errors);
    }
    const { pid } = this.#child;
    if (pid !== undefined) parentWatchdog.guardProcess(pid, spec.orphanSignal ?? 'SIGKILL');
    if (spec.keepsAlive === false) this.#child.unref();
    this.exited = new Promise((resolve) => {
      const end = async (exit: ProcessExit): Promise<void> => {
        this.#exit ??= exit;
        if (pid !== undefined) {
          // Its own children, such as nginx's workers, may still be running.
          signalGroup(pid, 'SIGKILL');
          await parentWatchdog.release(pid);
        }
        resolve(this.#exit);
      };
      this.#child.once('exit', (code, signal) => void end({ code, signal }));
      this.#child.on('error', (error) => {
        if (pid === undefined) void end({ code: null, signal: null, error });
      });
    });
  }

  /** Undefined when the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How the process ended; undefined while it is running. */
  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  /** Whether this program has asked the process to end. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /**
   * Waits until the process is ready.
   *
   * @param timeoutMs default: 30 s
   * @throws SystemFailure when it ends first, or is not ready in time
   */
  async ready(signal: AbortSignal, pollIntervalMs: number = 100, timeoutMs: number = readyTimeoutMs): Promise<void> {
    const { probe } = this.#spec;
    if (probe === undefined) throw new Error(`${this.name} has no readiness probe`);
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      if (this.#exit !== undefined) throw this.#failure(`did not start: ${this.#describeExit(this.#exit)}`);
      const observed = await probe(this.pid ?? 0, signal);
      if (observed === undefined) return;
      if (performance.now() > deadline) {
        throw this.#failure(`was not ready after ${timeoutMs / 1_000} s: ${observed}`);
      }
      await pause(pollIntervalMs, signal);
    }
  }

  /**
   * Waits until the process has ended with exit code 0.
   *
   * @param signal cancels the wait, not the process
   * @throws SystemFailure when it ends otherwise
   */
  async succeeded(signal: AbortSignal): Promise<void> {
    const exit = await unlessAborted(this.exited, signal);
    if (exit.code !== 0) throw this.#failure(`failed: ${this.#describeExit(exit)}`);
  }

  /**
   * Asks the process to end and waits for it; kills it after a timeout.
   *
   * @param timeoutMs default: 8,000
   * @param signal default: the `stopSignal` of the specification
   */
  async stop(timeoutMs: number = stopTimeoutMs, signal?: NodeJS.Signals): Promise<void> {
    this.#stopping = true;
    if (this.#exit !== undefined) return;
    this.#child.ref();
    this.#child.kill(signal ?? this.#spec.stopSignal ?? 'SIGTERM');
    const timer = setTimeout(() => this.kill(), timeoutMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** Sends a signal to the process, which {@link stopping} does not count as a request to end. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills the process and everything that it started. */
  kill(): void {
    this.#stopping = true;
    if (this.#exit === undefined && this.pid !== undefined) signalGroup(this.pid, 'SIGKILL');
  }

  #failure(what: string): SystemFailure {
    return new SystemFailure(`${this.name} ${what}`, 'See its log.', this.logFile);
  }

  #describeExit(exit: ProcessExit): string {
    return `${describeExit(exit)}${quoteError(this.#spec.errorFile ?? this.logFile)}`;
  }
}

/** The process is ready when it responds to a GET of the URL with 200. */
export function respondsAt(url: string): ReadinessProbe {
  return async (_pid, signal) => {
    try {
      const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(1_000)]) });
      await response.body?.cancel();
      return response.status === 200 ? undefined : `${url} responded with ${response.status}`;
    } catch {
      signal.throwIfAborted();
      return `${url} did not respond`;
    }
  };
}

/** `exit code 3`, `killed by SIGKILL` or `could not be started: …`. */
export function describeExit({ code, signal, error }: ProcessExit): string {
  if (error !== undefined) return `could not be started: ${error.message}`;
  return signal === null ? `exit code ${code}` : `killed by ${signal}`;
}

/**
 * The environment of this program without the variables of task runners, test runners and npm, which builds and services
 * would take for their own.
 *
 * @param additions further variables
 */
export function childEnvironment(additions: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:NX_|VITEST|npm_|NODE_ENV$|FORCE_COLOR$)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...additions };
}

/** Longer lines of a log are shortened in a message. */
const longestQuote = 300;

/** The last error of a log for the end of a sentence: `: "…"`, or nothing when the log has none. */
export function quoteError(logFile: string): string {
  let log: string;
  try {
    log = readFileSync(logFile, 'utf8');
  } catch {
    return '';
  }
  const error = lastError(log);
  if (error === undefined) return '';
  return `: "${error.length > longestQuote ? `${error.slice(0, longestQuote)}…` : error}"`;
}

/**
 * The most likely reason in a log why its process ended: the last error entry of JSON lines, else the line of an uncaught
 * or fatal error, else the last line of plain text. Undefined when there is none.
 */
export function lastError(log: string): string | undefined {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const entries = lines.map(parseLogEntry);
  const error = entries.findLast((entry) => entry?.isError);
  if (error !== undefined) return error.message;
  const uncaught = lines.findLast((line) => /^(?:Uncaught )?\w*Error\b.*: |\b(?:FATAL|PANIC):/.test(line));
  if (uncaught !== undefined) return uncaught.trim();
  return entries.at(-1) === undefined ? lines.at(-1)?.trim() : undefined;
}

/** An entry in pino's format: levels from 50 are errors. */
function parseLogEntry(line: string): { isError: boolean; message: string } | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: { level?: unknown; msg?: unknown; err?: { message?: unknown } } = JSON.parse(line);
    const isError = Number(entry.level) >= 50 || entry.level === 'error' || entry.level === 'fatal';
    const message = isError && typeof entry.err?.message === 'string' ? entry.err.message : entry.msg;
    return typeof message === 'string' ? { isError, message: message.split('\n', 1)[0] ?? message } : undefined;
  } catch {
    return undefined;
  }
}
