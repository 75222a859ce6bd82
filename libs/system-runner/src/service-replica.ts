import type { ProcessExit } from './owned-process.ts';
import { Service, type ServiceSpec } from './service.ts';
import { urlOf } from './services.ts';

/** How long an orderly end may take before the process is killed: more than any `SHUTDOWN_TIMEOUT` in use. */
const terminationGraceMs = 30_000;

const never = new AbortController().signal;

/** One replica of a service: always the same name and port, whichever process stands behind them. */
export class ServiceReplica {
  readonly name: string;
  /** Where it listens. */
  readonly url: string;
  /** Where every process behind it has written its log. */
  readonly logFile: string;
  readonly #spec: ServiceSpec;
  readonly #onUnexpectedEnd: (replica: ServiceReplica, exit: ProcessExit) => void;
  #process: Service;
  #retired = false;

  /**
   * Starts its first process; {@link ready} waits for it.
   *
   * @param onUnexpectedEnd called when a process ends that was ready once and that nobody asked to end
   */
  constructor(spec: ServiceSpec, port: number, onUnexpectedEnd: (replica: ServiceReplica, exit: ProcessExit) => void) {
    this.name = spec.name;
    this.url = urlOf(port);
    this.logFile = spec.logFile;
    this.#spec = spec;
    this.#onUnexpectedEnd = onUnexpectedEnd;
    this.#process = new Service(spec);
  }

  /** The process id of who stands behind it now; undefined when nobody does. */
  get pid(): number | undefined {
    return this.#process.exit === undefined ? this.#process.pid : undefined;
  }

  /**
   * Waits until it takes work.
   *
   * @throws SystemFailure when its process ends before, or takes longer than 30 s
   */
  async ready(signal: AbortSignal = never): Promise<void> {
    const process = this.#process;
    await process.ready(signal);
    void process.exited.then((exit) => {
      if (!process.stopping) this.#onUnexpectedEnd(this, exit);
    });
  }

  /** Ends it as a crash does (SIGKILL), and waits until it is gone. */
  async kill(): Promise<ProcessExit> {
    this.#process.kill();
    return this.#process.exited;
  }

  /** Asks it to end (SIGTERM), and waits until it has: exit code 0 when it could finish its work. */
  async terminate(): Promise<ProcessExit> {
    await this.#process.stop(terminationGraceMs);
    return this.#process.exited;
  }

  /**
   * A new process in the old one's place, which is asked to end if it is still there. Resolves when it takes work.
   *
   * @throws SystemFailure when it does not start, or takes longer than 30 s
   */
  async restart(signal: AbortSignal = never): Promise<void> {
    await this.terminate();
    if (this.#retired) throw new Error('the system is being stopped');
    this.#process = new Service(this.#spec);
    await this.ready(signal);
  }

  /** Ends it for good. May be called twice. */
  async stop(): Promise<void> {
    this.#retired = true;
    await this.#process.stop();
  }
}
