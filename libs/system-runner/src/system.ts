import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compilerProcess, pageBuilderProcess } from './compile-services.ts';
import { SystemDatabase } from './database.ts';
import { chooseGateway, type Gateway } from './gateway/choose-gateway.ts';
import { quoteLastWords } from './last-words.ts';
import { type SystemOptions, withDefaults } from './options.ts';
import { endProtection } from './orphan-protection.ts';
import { describeExit, OwnedProcess, ownEnvironment, type ProcessExit, type ProcessSpec } from './owned-process.ts';
import { pause, unlessAborted } from './pause.ts';
import { choosePorts, type Ports, requireFreePorts } from './ports.ts';
import { ServiceReplica } from './service-replica.ts';
import { createServiceLogins, loginsOfOwner, type ServiceLogins } from './service-roles.ts';
import type { ServiceSpec } from './service.ts';
import { accountService, consoleService, customerService, urlOf } from './services.ts';
import { BuildFailure, SystemFailure } from './system-failure.ts';
import { ended } from './task.ts';
import { countOf, readyOn } from './wording.ts';
import { compiled } from './workspace.ts';

/** One step of the start-up. */
export interface StartUpStep {
  /** What is about to happen, for people. */
  readonly title: string;
  /** Does it. Resolves with what to show in the title's place, now that it is done. */
  run(signal: AbortSignal): Promise<string>;
}

/** Whatever was started and must end. */
interface Started {
  stop(): Promise<void>;
  kill(): unknown;
}

/** An end that was not asked for may reach us a moment after the failed request that it caused. */
const afterthoughtMs = 300;

/**
 * The whole system on this machine: PostgreSQL, customer services, account services, a load balancer. Each is a process
 * of its own, and all of them end with {@link stop}, or when this program ends, in whichever way.
 */
export class LocalSystem {
  readonly gatewayUrl: string;
  readonly accountUrls: readonly string[];
  readonly customerUrls: readonly string[];
  /** Where the console's page is, behind the load balancer; undefined where the system has none. */
  readonly consoleUrl: string | undefined;
  /** What `PUT /faults` of the customer services asks for; another one in each run. */
  readonly faultsToken = randomBytes(18).toString('base64url');
  /** What account's actuator asks for where something is changed; another one in each run. */
  readonly actuatorToken = randomBytes(18).toString('base64url');
  /** Where each process writes its log, until {@link removeFiles}. */
  readonly logs: string;
  /** What {@link start} does, for who wants to show it; to be run one after the other. */
  readonly steps: readonly StartUpStep[];

  readonly #options: Required<SystemOptions>;
  readonly #ports: Ports;
  readonly #gateway: Gateway;
  readonly #broken = new AbortController();
  /** In the order of their start; what was started together ends together. */
  readonly #started: Started[][] = [];
  #opening: Promise<SystemDatabase> | undefined;
  #database: SystemDatabase | undefined;
  #logins: ServiceLogins | undefined;
  #customers: readonly ServiceReplica[] = [];
  #accounts: readonly ServiceReplica[] = [];
  #balancers: readonly ServiceReplica[] = [];
  #consoles: readonly ServiceReplica[] = [];
  #stopping = false;

  private constructor(options: Required<SystemOptions>, ports: Ports, gateway: Gateway) {
    this.#options = options;
    this.#ports = ports;
    this.#gateway = gateway;
    this.logs = mkdtempSync(path.join(tmpdir(), `breakwater-${options.name}-`));
    this.gatewayUrl = urlOf(ports.gateway);
    this.accountUrls = ports.accounts.map(urlOf);
    this.customerUrls = ports.customers.map(urlOf);
    this.consoleUrl = ports.console === undefined ? undefined : `${this.gatewayUrl}/console/`;
    this.steps = [
      { title: 'Compile the services', run: (signal) => this.#compile(signal) },
      { title: 'Start PostgreSQL', run: (signal) => this.#waitForDatabase(signal) },
      { title: 'Create the tables', run: (signal) => this.#migrate(signal) },
      { title: `Start ${countOf(options.customers, 'customer')}`, run: (signal) => this.#startServices(signal) },
      { title: `Start ${countOf(options.accounts, 'account')}`, run: (signal) => this.#waitForAccounts(signal) },
      { title: 'Start the load balancer', run: (signal) => this.#waitForGateway(signal) },
    ];
  }

  /**
   * Chooses the ports and makes sure that they are free. Nothing is started yet.
   *
   * @throws SystemFailure when a port is in use, or nginx is wanted and there is none
   * @throws RangeError when a number of replicas is none
   */
  static async prepare(options: SystemOptions = {}): Promise<LocalSystem> {
    const complete = withDefaults(options);
    const gateway = chooseGateway(complete.gateway);
    const ports = await choosePorts(complete.port, complete);
    await requireFreePorts(ports);
    return new LocalSystem(complete, ports, gateway);
  }

  /**
   * Starts everything. What was started before a failure is there until {@link stop}.
   *
   * @param signal ends the waiting
   * @throws SystemFailure saying what went wrong and what to do
   */
  async start(signal: AbortSignal = new AbortController().signal): Promise<void> {
    for (const step of this.steps) await step.run(AbortSignal.any([signal, this.broken]));
  }

  /**
   * Compiles the services and starts PostgreSQL with their tables, and nothing else: for whoever starts services of his own.
   *
   * @param signal ends the waiting
   * @throws SystemFailure saying what went wrong and what to do
   */
  async startDatabase(signal: AbortSignal = new AbortController().signal): Promise<SystemDatabase> {
    const either = AbortSignal.any([signal, this.broken]);
    await this.#compile(either);
    await this.#waitForDatabase(either);
    await this.#migrate(either);
    return this.database;
  }

  /** The account services, once they have been started; `account-1` first. */
  get accounts(): readonly ServiceReplica[] {
    return this.#accounts;
  }

  /** The customer services, once they have been started; `customer-1` first. */
  get customers(): readonly ServiceReplica[] {
    return this.#customers;
  }

  /** The console, once it has been started, where there is one. */
  get console(): ServiceReplica | undefined {
    return this.#consoles[0];
  }

  /** @throws Error before it is up */
  get database(): SystemDatabase {
    if (this.#database === undefined) throw new Error('the database comes first');
    return this.#database;
  }

  /**
   * Aborts, with a {@link SystemFailure} as its reason, when a process ends that was not asked to; unless the system
   * was told to ignore that.
   */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Why something failed: `symptom`, unless it is only a consequence of a process that ended. */
  async rootCause(symptom: unknown): Promise<unknown> {
    if (!this.broken.aborted) await pause(afterthoughtMs, this.broken).catch(() => {});
    return this.broken.aborted ? this.broken.reason : symptom;
  }

  /** Ends every process, in the opposite order of their start, PostgreSQL last. May be called twice. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const together of this.#started.toReversed()) await Promise.all(together.map((each) => each.stop()));
    // It may still be starting.
    const database = await this.#opening?.catch(() => undefined);
    await database?.close();
    await endProtection();
  }

  /** Ends the processes at once; a {@link stop} that waits for them has that much less to wait for. */
  kill(): void {
    this.#stopping = true;
    for (const each of this.#started.flat()) void each.kill();
  }

  /** Removes the logs and whatever else was written. */
  removeFiles(): void {
    rmSync(this.logs, { recursive: true, force: true, maxRetries: 5 });
  }

  async #compile(signal: AbortSignal): Promise<string> {
    // PostgreSQL needs nothing compiled: it starts meanwhile, and its step only waits for it.
    this.#opening = SystemDatabase.open({
      which: this.#options.database,
      runName: this.#options.name,
      onLost: (failure) => this.#break(failure),
    });
    // Whoever waits for it hears of its failure; until then nobody does.
    this.#opening.catch(() => {});

    const withConsole = this.#options.console;
    const builds = [compilerProcess(this.logs, withConsole), ...(withConsole ? [pageBuilderProcess(this.logs)] : [])];
    await Promise.all(
      builds.map((spec) => {
        const build = this.#startTask(spec);
        return ended(build, signal, () => new BuildFailure(build.logFile));
      }),
    );
    return 'Services compiled';
  }

  async #waitForDatabase(signal: AbortSignal): Promise<string> {
    if (this.#opening === undefined) throw new Error('the services are compiled first');
    this.#database = await unlessAborted(this.#opening, signal);
    return `${this.#database.description} is up`;
  }

  async #migrate(signal: AbortSignal): Promise<string> {
    const { url, isOwn } = this.database;
    // Roles belong to a whole server, and stay when the run is over: one that was given is used as it is.
    const logins = isOwn ? await createServiceLogins(url) : loginsOfOwner(url);
    this.#logins = logins;
    const migrations = (['customer', 'account'] as const).map((app) => {
      const { role } = logins[app];
      return this.#startTask({
        name: `${app}-migrations`,
        command: process.execPath,
        args: ['--enable-source-maps', compiled(app, 'migrate')],
        env: ownEnvironment({ DATABASE_URL: url, ...(role === undefined ? {} : { DATABASE_SERVICE_ROLE: role }) }),
        logFile: path.join(this.logs, `${app}-migrations.log`),
      });
    });
    await Promise.all(migrations.map((migration) => ended(migration, signal)));

    return 'Tables created, customers seeded';
  }

  /** Starts all services and the gateway, so that they make ready at the same time, and waits for the first ones. */
  async #startServices(signal: AbortSignal): Promise<string> {
    const logins = this.#logins;
    if (logins === undefined) throw new Error('the tables come first');
    const { lab, timeScale, env } = this.#options;
    const settingsOf = (app: 'account' | 'customer') => ({
      databaseUrl: logins[app].url,
      lab,
      timeScale,
      logs: this.logs,
      env: env[app] ?? {},
    });
    this.#customers = this.#startTogether(this.#ports.customers, (port, number) =>
      customerService(number, port, this.faultsToken, settingsOf('customer')),
    );
    this.#accounts = this.#startTogether(this.#ports.accounts, (port, number) =>
      accountService(number, port, this.customerUrls, this.actuatorToken, settingsOf('account')),
    );
    this.#balancers = this.#startTogether([this.#ports.gateway], (port) =>
      this.#gateway.prepare({
        port,
        accountPorts: this.#ports.accounts,
        consolePort: this.#ports.console,
        runDirectory: path.join(this.logs, 'gateway'),
        logFile: path.join(this.logs, 'gateway.log'),
      }),
    );

    const { console: consolePort } = this.#ports;
    if (consolePort !== undefined) {
      this.#consoles = this.#startTogether([consolePort], (port) =>
        consoleService(port, {
          accountUrls: this.accountUrls,
          customerUrls: this.customerUrls,
          gatewayUrl: this.gatewayUrl,
          logs: this.logs,
          env: env.console ?? {},
        }),
      );
    }

    await allReady(this.#customers, signal);
    return readyOn(this.#customers);
  }

  async #waitForAccounts(signal: AbortSignal): Promise<string> {
    await allReady(this.#accounts, signal);
    return readyOn(this.#accounts);
  }

  async #waitForGateway(signal: AbortSignal): Promise<string> {
    await allReady([...this.#balancers, ...this.#consoles], signal);
    return `${this.#gateway.description} balances on ${this.gatewayUrl}`;
  }

  #startTogether(
    ports: readonly number[],
    specOf: (port: number, number: number) => ServiceSpec,
  ): readonly ServiceReplica[] {
    this.#refuseWhileStopping();
    const replicas = ports.map(
      (port, index) =>
        new ServiceReplica(specOf(port, index + 1), port, (replica, exit) => this.#breakBy(replica, exit)),
    );
    this.#started.push(replicas);
    return replicas;
  }

  #startTask(spec: ProcessSpec): OwnedProcess {
    this.#refuseWhileStopping();
    const started = new OwnedProcess(spec);
    this.#started.push([started]);
    return started;
  }

  /** What is started after the end has begun would be left behind. */
  #refuseWhileStopping(): void {
    if (this.#stopping) throw new Error('the system is being stopped');
  }

  #breakBy({ name, logFile }: ServiceReplica, exit: ProcessExit): void {
    this.#break(
      new SystemFailure(
        `${name} died: ${describeExit(exit)}${quoteLastWords(logFile)}`,
        `Its log tells more; start the ${this.#options.name} again.`,
        logFile,
      ),
    );
  }

  #break(failure: SystemFailure): void {
    if (!this.#stopping && this.#options.unexpectedEnd === 'breaks') this.#broken.abort(failure);
  }
}

async function allReady(replicas: readonly ServiceReplica[], signal: AbortSignal): Promise<void> {
  await Promise.all(replicas.map((replica) => replica.ready(signal)));
}
