import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { compiled, freePorts, LocalSystem, workspaceRoot } from '@breakwater/system-runner';
import { AccountProcess } from './account-process.ts';
import { type InstantCustomer, startInstantCustomer } from './instant-customer.ts';
import { type Processors, shareProcessors } from './processors.ts';

/** The compiled code, the compiled code with a switch between the arms, or the bundle of the image. */
export type Build = 'compiled' | 'switchable' | 'bundled';

const entries: Readonly<Record<Build, string>> = {
  compiled: compiled('account', 'main'),
  switchable: path.join(import.meta.dirname, 'switchable.ts'),
  bundled: path.join(workspaceRoot, 'apps/account/bundle/main.js'),
};
const bundler = path.join(workspaceRoot, 'tools/bundle-service.ts');

/** The environment of the benchmark: compiled code, PostgreSQL with tables and a stand-in for customer. */
export class BenchEnvironment {
  readonly processors: Processors;
  readonly signal: AbortSignal;
  readonly #system: LocalSystem;
  readonly #customer: InstantCustomer;
  readonly #databaseUrl: string;
  readonly #accounts: AccountProcess[] = [];
  #started = 0;

  private constructor(
    processors: Processors,
    signal: AbortSignal,
    system: LocalSystem,
    customer: InstantCustomer,
    databaseUrl: string,
  ) {
    this.processors = processors;
    this.signal = signal;
    this.#system = system;
    this.#customer = customer;
    this.#databaseUrl = databaseUrl;
  }

  /** @param interruption cancels all waits */
  static async open(interruption: AbortSignal): Promise<BenchEnvironment> {
    // PostgreSQL inherits the processors, so they are assigned first.
    const processors = shareProcessors();
    const system = await LocalSystem.prepare({ name: 'bench', database: 'own', accounts: 1, customers: 1 });
    interruption.addEventListener('abort', () => system.kill());
    const signal = AbortSignal.any([interruption, system.broken]);
    try {
      const { url } = await system.startDatabase(signal);
      await promisify(execFile)(process.execPath, [bundler, 'apps/account'], { cwd: workspaceRoot });
      return new BenchEnvironment(processors, signal, system, await startInstantCustomer(), url);
    } catch (error) {
      await system.end();
      throw error;
    }
  }

  /**
   * Starts an account; `ready()` waits for it.
   *
   * @param build 'bundled' runs on all processors, as in production; the others run on one processor of their own,
   *   because a bundle has no switch between the arms
   */
  async start(build: Build): Promise<AccountProcess> {
    this.#started += 1;
    const [port, switchPort] = (await freePorts(2)) as [number, number];
    const account = new AccountProcess({
      name: `${build}-${this.#started}`,
      port,
      switchPort,
      databaseUrl: this.#databaseUrl,
      customerUrl: this.#customer.url,
      logs: this.#system.logs,
      prefix: build === 'bundled' ? this.processors.unpinned : this.processors.prefix,
      entry: entries[build],
    });
    this.#accounts.push(account);
    return account;
  }

  /** Ends all processes and removes their logs. */
  async close(): Promise<void> {
    await Promise.all(this.#accounts.map((account) => account.stop()));
    this.#customer.close();
    await this.#system.end();
  }
}
