import { readFileSync } from 'node:fs';
import path from 'node:path';
import { childEnvironment, loopback, respondsAt, SupervisedProcess, urlOf } from '@breakwater/system-runner';
import { processorMs } from './processors.ts';

/** The service with or without its pipeline. */
export type Arm = 'protected' | 'unprotected';

/** How to start an account service. */
export interface AccountSpec {
  readonly name: string;
  readonly port: number;
  /** The port for switching the arm; only the build `switchable` listens on it. */
  readonly switchPort: number;
  readonly databaseUrl: string;
  readonly customerUrl: string;
  /** Directory for its log. */
  readonly logs: string;
  /** Command in front of `node`, such as `taskset -c 0`. */
  readonly prefix: readonly string[];
  /** The file that Node runs. */
  readonly entry: string;
}

/** Precise enough for a cold start, and little load for the starting process. */
const pollIntervalMs = 2;

/** An account service that is started as in production. */
export class AccountProcess {
  readonly url: string;
  readonly #switchUrl: string;
  readonly #startedAt = performance.now();
  readonly #process: SupervisedProcess;

  constructor(spec: AccountSpec) {
    this.url = urlOf(spec.port);
    this.#switchUrl = urlOf(spec.switchPort);
    const [command, ...args] = [...spec.prefix, process.execPath, '--enable-source-maps', spec.entry];
    this.#process = new SupervisedProcess({
      name: spec.name,
      command,
      args,
      env: childEnvironment({
        NODE_ENV: 'production',
        HOST: loopback,
        PORT: String(spec.port),
        INSTANCE_NAME: spec.name,
        DATABASE_URL: spec.databaseUrl,
        CUSTOMER_URL: spec.customerUrl,
        // All requests come from one client.
        CLIENT_RATE_LIMIT: '0',
        BENCH_SWITCH_PORT: String(spec.switchPort),
      }),
      logFile: path.join(spec.logs, `${spec.name}.log`),
      probe: respondsAt(`${this.url}/health/ready`),
    });
  }

  /**
   * Waits until the service is ready.
   *
   * @returns the time since its start, in milliseconds
   * @throws SystemFailure when the process ends first, or is not ready within 30 s
   */
  async ready(signal: AbortSignal): Promise<number> {
    await this.#process.ready(signal, pollIntervalMs);
    return performance.now() - this.#startedAt;
  }

  /** Switches to the pipeline or to an empty one; only the build `switchable` can. */
  async switchTo(arm: Arm): Promise<void> {
    await (await fetch(`${this.#switchUrl}/${arm}`)).arrayBuffer();
  }

  /** The processor time that it has used so far, in milliseconds; undefined where the platform does not report it. */
  get processorMs(): number | undefined {
    return processorMs(this.#process.pid ?? 0);
  }

  /** Its standard output and standard error so far. */
  get log(): string {
    return readFileSync(this.#process.logFile, 'utf8');
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text();
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
