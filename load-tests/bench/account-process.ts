import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loopback, SupervisedProcess, childEnvironment, urlOf } from '@breakwater/system-runner';
import { processorMs } from './processors.ts';

/** The service with or without its pipeline. */
export type Arm = 'protected' | 'unprotected';

/** How to start an account service. */
export interface AccountSpec {
  readonly name: string;
  readonly port: number;
  /** The port that switches the arm; only a switchable account has it. */
  readonly switchPort: number;
  readonly databaseUrl: string;
  readonly customerUrl: string;
  /** Directory for its log. */
  readonly logs: string;
  /** Placed before `node`, such as `taskset -c 0`. */
  readonly prefix: readonly string[];
  /** The file that is run. */
  readonly entry: string;
}

const startLimitMs = 30_000;
/** Precise enough for a cold start, and little load for the starting process. */
const askEveryMs = 2;

/** An account service, started as in production. */
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
    });
  }

  /**
   * Waits until it takes work.
   *
   * @returns how long that took from its start, in milliseconds
   * @throws Error when it ends before, or takes longer than 30 s
   */
  async ready(signal: AbortSignal): Promise<number> {
    for (;;) {
      if ((await this.#ask()) === 200) return performance.now() - this.#startedAt;
      signal.throwIfAborted();
      if (this.#process.exit || performance.now() - this.#startedAt > startLimitMs) {
        throw new Error(`${this.#process.name} did not start; its log is ${this.#process.logFile}`);
      }
      await sleep(askEveryMs);
    }
  }

  /** Switches to the pipeline or to an empty one; only a switchable account can. */
  async switchTo(arm: Arm): Promise<void> {
    await (await fetch(`${this.#switchUrl}/${arm}`)).arrayBuffer();
  }

  /** @returns the processor time that it has had so far, in milliseconds; undefined where the machine doesn't say */
  get processorMs(): number | undefined {
    return processorMs(this.#process.pid ?? 0);
  }

  /** What it has written so far, on both of its outputs. */
  get log(): string {
    return readFileSync(this.#process.logFile, 'utf8');
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text();
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  kill(): void {
    this.#process.kill();
  }

  #ask(): Promise<number | undefined> {
    return new Promise((resolve) => {
      const asked = request(`${this.url}/health/ready`, { agent: false }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
      });
      asked.once('error', () => resolve(undefined));
      asked.end();
    });
  }
}
