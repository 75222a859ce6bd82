import type { ReplicaProcess } from '@breakwater/contracts/processes';
import { urlOf } from './ports.ts';
import { type ProcessExit, type ProcessSpec, SupervisedProcess } from './supervised-process.ts';

/** How long a graceful shutdown may take before the process is killed: longer than any `SHUTDOWN_TIMEOUT` in use. */
const terminationTimeoutMs = 30_000;

const never = new AbortController().signal;

/** One replica of a service. Its name and port stay the same when its process is replaced. */
export class ServiceReplica {
  readonly name: string;
  readonly url: string;
  /** The log of all its processes. */
  readonly logFile: string;
  readonly #spec: ProcessSpec;
  readonly #onUnexpectedExit: (replica: ServiceReplica, exit: ProcessExit) => void;
  #process: SupervisedProcess;
  #state: ReplicaProcess['state'] = 'starting';
  #isStopped = false;

  /**
   * Starts the first process.
   *
   * @param onUnexpectedExit called when a process that was ready ends without having been stopped
   */
  constructor(spec: ProcessSpec, port: number, onUnexpectedExit: (replica: ServiceReplica, exit: ProcessExit) => void) {
    this.name = spec.name;
    this.url = urlOf(port);
    this.logFile = spec.logFile;
    this.#spec = spec;
    this.#onUnexpectedExit = onUnexpectedExit;
    this.#process = new SupervisedProcess(spec);
  }

  /** The id of the current process; undefined when none is running. */
  get pid(): number | undefined {
    return this.#process.exit === undefined ? this.#process.pid : undefined;
  }

  get state(): ReplicaProcess['state'] {
    return this.#process.exit === undefined ? this.#state : 'starting';
  }

  /**
   * Waits until the replica is ready.
   *
   * @throws SystemFailure when its process ends first, or is not ready after 30 s
   */
  async ready(signal: AbortSignal = never): Promise<void> {
    const process = this.#process;
    await process.ready(signal);
    this.#state = 'running';
    void process.exited.then((exit) => {
      if (!process.stopping) this.#onUnexpectedExit(this, exit);
    });
  }

  /** Ends the process like a crash (SIGKILL) and waits for it. */
  async kill(): Promise<ProcessExit> {
    this.#process.kill();
    return this.#process.exited;
  }

  /** Ends the process (SIGKILL) as something else on this machine would: its end is unexpected. */
  crash(): void {
    this.#process.signal('SIGKILL');
  }

  /**
   * Stops the process where it is (SIGSTOP): connections stay open, the kernel accepts new ones, and nothing responds.
   */
  freeze(): void {
    this.#process.signal('SIGSTOP');
    if (this.#state === 'running') this.#state = 'frozen';
  }

  /** Lets a frozen process continue (SIGCONT). */
  thaw(): void {
    this.#process.signal('SIGCONT');
    if (this.#state === 'frozen') this.#state = 'running';
  }

  /** Shuts the process down gracefully (SIGTERM) and waits for it. */
  async terminate(): Promise<ProcessExit> {
    this.thaw();
    await this.#process.stop(terminationTimeoutMs);
    return this.#process.exited;
  }

  /**
   * Replaces the process, after shutting it down gracefully if it is running. Resolves when the new process is ready.
   *
   * @throws SystemFailure when it does not start, or is not ready after 30 s
   */
  async restart(signal: AbortSignal = never): Promise<void> {
    await this.terminate();
    if (this.#isStopped) throw new Error('the system is being stopped');
    this.#state = 'starting';
    this.#process = new SupervisedProcess(this.#spec);
    await this.ready(signal);
  }

  /** Ends the replica permanently. May be called twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.thaw();
    await this.#process.stop();
  }
}

/** Waits until all replicas are ready and describes them. @throws SystemFailure when one does not start */
export async function readyOn(replicas: readonly ServiceReplica[], signal: AbortSignal): Promise<string> {
  await Promise.all(replicas.map((replica) => replica.ready(signal)));
  return describeReady(replicas);
}

const numerals = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const list = new Intl.ListFormat('en');

/** `two customer services`. */
export function countOf(count: number, service: string): string {
  return `${numerals[count] ?? count} ${service} ${count === 1 ? 'service' : 'services'}`;
}

/** `customer-1 and customer-2 are ready on ports 8091 and 8092`. */
export function describeReady(replicas: readonly Pick<ServiceReplica, 'name' | 'url'>[]): string {
  const names = list.format(replicas.map(({ name }) => name));
  const ports = list.format(replicas.map(({ url }) => new URL(url).port));
  return replicas.length === 1 ? `${names} is ready on port ${ports}` : `${names} are ready on ports ${ports}`;
}
