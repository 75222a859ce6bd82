import type { Faults } from '@breakwater/contracts';
import { callReplica } from '@breakwater/contracts/replicas';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pause, unlessAborted } from './abortable.ts';
import { createServiceLogins, ownerLogins, type ServiceLogins, SystemDatabase } from './database.ts';
import { chooseGateway, type Gateway } from './gateway/gateway-choice.ts';
import { directRoutes, type Routes, SystemNetwork } from './network/system-network.ts';
import { requireFreePorts, systemPorts, urlOf } from './ports.ts';
import { ProcessControl } from './process-control.ts';
import { ReplicaRestarts } from './replica-restarts.ts';
import { countOf, readyOn, ServiceReplica } from './service-replica.ts';
import {
  accountService,
  consoleService,
  customerService,
  type ServiceContext,
  type SystemOptions,
  withDefaults,
} from './services.ts';
import {
  childEnvironment,
  describeExit,
  type ProcessExit,
  type ProcessSpec,
  quoteError,
  SupervisedProcess,
} from './supervised-process.ts';
import { BuildFailure, SystemFailure } from './system-failure.ts';
import { buildProcesses, compiled } from './workspace.ts';

/** One step of the start-up. */
export interface StartUpStep {
  readonly title: string;
  /** Runs the step. Resolves with the text to display instead of the title. */
  run(signal: AbortSignal): Promise<string>;
}

interface Stoppable {
  stop(): Promise<unknown>;
  kill(): unknown;
}

/** The unexpected end of a process may be noticed this long after the failed request that it caused. */
const rootCauseDelayMs = 300;

const never = new AbortController().signal;

/** @throws SystemFailure when the folder for temporary files cannot be used */
function makeTemporaryFolder(prefix: string): string {
  try {
    return mkdtempSync(path.join(tmpdir(), prefix));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SystemFailure(
      `Files cannot be created in ${tmpdir()}, the folder for temporary files: ${code}`,
      'Set TMPDIR to a folder in which this user may create files.',
    );
  }
}

/**
 * The whole system on this machine: PostgreSQL, customer services, account services and a load balancer, each in its own
 * process. All of them end with {@link stop}, or with this program, however it ends.
 */
export class LocalSystem {
  readonly gatewayUrl: string;
  readonly accountUrls: readonly string[];
  readonly customerUrls: readonly string[];
  /** The console's page behind the load balancer; undefined in a system without a console. */
  readonly consoleUrl: string | undefined;
  /** Token for customer's `/faults`, different in each run. */
  readonly faultsToken = randomBytes(18).toString('base64url');
  /** Token for the write endpoints of account's actuator, different in each run. */
  readonly actuatorToken = randomBytes(18).toString('base64url');
  /** Directory of the processes' logs, until {@link removeFiles}. */
  readonly logs: string;
  /** The access log of the load balancer, in JSON lines. */
  readonly gatewayLog: string;
  /** The steps of {@link start}, for a caller that displays them; they run in this order. */
  readonly steps: readonly StartUpStep[];

  readonly #context: ServiceContext;
  readonly #gateway: Gateway;
  readonly #broken = new AbortController();
  /** Aborts when the system is stopped or killed. */
  readonly #stopping = new AbortController();
  readonly #restarts: ReplicaRestarts;
  /** In start order; the members of a group stop together. */
  readonly #started: (readonly Stoppable[])[] = [];
  #opening: Promise<SystemDatabase> | undefined;
  #database: SystemDatabase | undefined;
  readonly #network: SystemNetwork | undefined;
  #logins: ServiceLogins | undefined;
  #customers: readonly ServiceReplica[] = [];
  #accounts: readonly ServiceReplica[] = [];
  /** The load balancer and the console. */
  #entrances: readonly ServiceReplica[] = [];
  #isDisturbed = false;

  private constructor(options: Required<SystemOptions>, ports: ServiceContext['ports'], gateway: Gateway) {
    this.#gateway = gateway;
    this.#network = options.faultProxies ? new SystemNetwork() : undefined;
    this.logs = makeTemporaryFolder(`breakwater-${options.name}-`);
    this.gatewayLog = path.join(this.logs, 'gateway.log');
    this.#restarts = new ReplicaRestarts({ report: options.report, signal: this.#stopping.signal });
    const { faultsToken, actuatorToken, logs } = this;
    this.#context = { options, ports, faultsToken, actuatorToken, logs };
    this.gatewayUrl = urlOf(ports.gateway);
    this.accountUrls = ports.accounts.map(urlOf);
    this.customerUrls = ports.customers.map(urlOf);
    this.consoleUrl = ports.console === undefined ? undefined : `${this.gatewayUrl}/console/`;
    this.steps = [
      { title: 'Compile the services', run: (signal) => this.#compile(signal) },
      { title: 'Start PostgreSQL', run: (signal) => this.#waitForDatabase(signal) },
      { title: 'Create the tables', run: (signal) => this.#migrate(signal) },
      { title: `Start ${countOf(options.customers, 'customer')}`, run: (signal) => this.#startServices(signal) },
      { title: `Start ${countOf(options.accounts, 'account')}`, run: (signal) => readyOn(this.#accounts, signal) },
      { title: 'Start the load balancer', run: (signal) => this.#waitForGateway(signal) },
    ];
  }

  /**
   * Chooses the ports and checks that they are free. Starts nothing.
   *
   * @throws SystemFailure when a port is in use, or nginx is required and not installed
   * @throws RangeError for invalid options
   */
  static async prepare(options: SystemOptions = {}): Promise<LocalSystem> {
    const complete = withDefaults(options);
    const gateway = chooseGateway(complete.gateway);
    const ports = await systemPorts(complete.port, complete);
    await requireFreePorts(ports);
    return new LocalSystem(complete, ports, gateway);
  }

  /**
   * Starts everything. After a failure, the processes started so far run until {@link stop}.
   *
   * @throws SystemFailure
   */
  async start(signal: AbortSignal = never): Promise<void> {
    for (const step of this.steps) await step.run(AbortSignal.any([signal, this.broken]));
  }

  /**
   * Compiles the services and starts PostgreSQL with their tables, for a caller that starts services itself.
   *
   * @throws SystemFailure
   */
  async startDatabase(signal: AbortSignal = never): Promise<SystemDatabase> {
    for (const step of this.steps.slice(0, 3)) await step.run(AbortSignal.any([signal, this.broken]));
    return this.database;
  }

  /** The account services after their start, `account-1` first. */
  get accounts(): readonly ServiceReplica[] {
    return this.#accounts;
  }

  /** The customer services after their start, `customer-1` first. */
  get customers(): readonly ServiceReplica[] {
    return this.#customers;
  }

  /** The account or customer service of this name, such as `customer-1`. @throws Error when there is none */
  replica(name: string): ServiceReplica {
    const found = [...this.#accounts, ...this.#customers].find((each) => each.name === name);
    if (found === undefined) throw new Error(`no replica ${name}`);
    return found;
  }

  /** The load balancer after its start. @throws Error before */
  get gateway(): ServiceReplica {
    const found = this.#entrances.find(({ name }) => name === 'gateway');
    if (found === undefined) throw new Error('the load balancer has not started');
    return found;
  }

  /** The console after its start; undefined in a system without a console. */
  get console(): ServiceReplica | undefined {
    return this.#entrances.find(({ name }) => name === 'console');
  }

  /** @throws Error before it has started */
  get database(): SystemDatabase {
    if (this.#database === undefined) throw new Error('the database has not started');
    return this.#database;
  }

  /** The proxies between the parts. @throws Error in a system without `faultProxies` */
  get network(): SystemNetwork {
    if (this.#network === undefined) throw new Error('the system has no proxies: set faultProxies');
    return this.#network;
  }

  /**
   * Aborts with a {@link SystemFailure} as its reason when a process ends unexpectedly and the options let that break the
   * system.
   */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Whether a replica was killed or frozen, or a process has ended unexpectedly. */
  get isDisturbed(): boolean {
    return this.#isDisturbed;
  }

  /** The reason for a failure: the unexpected end of a process if there was one, otherwise `symptom`. */
  async rootCause(symptom: unknown): Promise<unknown> {
    if (!this.broken.aborted) await pause(rootCauseDelayMs, this.broken).catch(() => {});
    return this.broken.aborted ? this.broken.reason : symptom;
  }

  /**
   * Replaces the faults of customer services.
   *
   * @param only the name of the one replica that gets them; all by default
   * @throws Error when a replica rejects them
   */
  async setCustomerFaults(faults: Faults, only?: string): Promise<void> {
    const request = { method: 'PUT', authorization: `Bearer ${this.faultsToken}`, body: faults, timeoutMs: 5_000 };
    const urls = only === undefined ? this.customerUrls : [this.replica(only).url];
    const responses = await Promise.all(urls.map((url) => callReplica(`${url}/faults`, request)));
    const rejected = responses.find(({ status }) => status !== 200);
    if (rejected === undefined) return;
    throw new Error(`customer did not accept the faults: ${rejected.status} ${JSON.stringify(rejected.body)}`);
  }

  /** Ends every process in reverse start order, PostgreSQL last. May be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const group of this.#started.toReversed()) await Promise.all(group.map((each) => each.stop()));
    // It may still be starting.
    const database = await this.#opening?.catch(() => undefined);
    await database?.close();
  }

  /** Kills the processes, so that a pending {@link stop} has less to wait for. */
  kill(): void {
    this.#stopping.abort();
    for (const each of this.#started.flat()) void each.kill();
  }

  /** Removes the logs and all other files of the system. */
  removeFiles(): void {
    rmSync(this.logs, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Ends every process and removes the files. */
  async end(): Promise<void> {
    await this.stop();
    this.removeFiles();
  }

  async #compile(signal: AbortSignal): Promise<string> {
    const { options } = this.#context;
    // PostgreSQL does not depend on the build and starts at the same time; its step only waits for it.
    this.#opening = SystemDatabase.open({
      which: options.database,
      runName: options.name,
      onLost: (failure) => this.#break(failure),
    });
    // The step that waits for it reports its failure.
    this.#opening.catch(() => {});

    await Promise.all(
      buildProcesses(this.logs, options.console).map(async (spec) => {
        const build = this.#startTask(spec);
        const { code } = await unlessAborted(build.exited, signal);
        if (code !== 0) throw new BuildFailure(build.logFile);
      }),
    );
    return 'Services compiled';
  }

  /**
   * Checks the configuration of account's policies, which account itself would do only after the start of everything else. The
   * services must be compiled.
   *
   * @throws SystemFailure with every fault
   */
  async checkPolicies(signal: AbortSignal): Promise<string> {
    const { options, ports } = this.#context;
    const check = this.#startTask({
      name: 'check-policies',
      command: process.execPath,
      args: [
        '--enable-source-maps',
        compiled('account', 'check-policies'),
        ...(options.lab ? ['resilience-demo.yml'] : []),
      ],
      env: childEnvironment({ CUSTOMER_URL: ports.customers.map(urlOf).join(','), ...options.env.account }),
      logFile: path.join(this.logs, 'check-policies.log'),
    });
    const { code } = await unlessAborted(check.exited, signal);
    if (code === 0) return 'Policies accepted';
    const faults = readFileSync(check.logFile, 'utf8').trim();
    throw new SystemFailure(
      `Account does not accept the configuration of its policies: ${faults.replace(/\.$/, '')}`,
      'Correct it, or unset RESILIENCE_CONFIG and the variables RESILIENCE4J_….',
    );
  }

  async #waitForDatabase(signal: AbortSignal): Promise<string> {
    if (this.#opening === undefined) throw new Error('the services must be compiled first');
    this.#database = await unlessAborted(this.#opening, signal);
    return `${this.#database.description} is up`;
  }

  async #migrate(signal: AbortSignal): Promise<string> {
    const { url, isOwn } = this.database;
    // Roles belong to the whole server and outlive the run, so a given server gets none.
    const logins = isOwn ? await createServiceLogins(url) : ownerLogins(url);
    this.#logins = logins;
    const migrations = (['customer', 'account'] as const).map((app) => {
      const { role } = logins[app];
      return this.#startTask({
        name: `${app}-migrations`,
        command: process.execPath,
        args: ['--enable-source-maps', compiled(app, 'migrate')],
        env: childEnvironment({ DATABASE_URL: url, ...(role === undefined ? {} : { DATABASE_SERVICE_ROLE: role }) }),
        logFile: path.join(this.logs, `${app}-migrations.log`),
      });
    });
    await Promise.all(migrations.map((migration) => migration.succeeded(signal)));
    return 'Tables created, customers seeded';
  }

  /** Starts all services and the gateway together and waits for the customers. */
  async #startServices(signal: AbortSignal): Promise<string> {
    const logins = this.#logins;
    if (logins === undefined) throw new Error('the tables must be created first');
    const { ports } = this.#context;
    const routes: Routes = this.#network ?? directRoutes;
    if (this.#network !== undefined) this.#started.push([this.#network]);
    const customers = await namedRoutes(ports.customers, 'customer', (from) =>
      routes.route('customer-database', { from, to: 'PostgreSQL' }, logins.customer.url),
    );
    const accounts = await namedRoutes(ports.accounts, 'account', async (from) => ({
      databaseUrl: await routes.route('account-database', { from, to: 'PostgreSQL' }, logins.account.url),
      customerUrls: await namedRoutes(ports.customers, 'customer', (to, port) =>
        routes.route('account-customer', { from, to }, urlOf(port)),
      ),
    }));
    const accountUrls = await namedRoutes(ports.accounts, 'account', (to, port) =>
      routes.route('gateway-account', { from: 'gateway', to }, urlOf(port)),
    );
    this.#customers = this.#startReplicas(ports.customers, (_, index) =>
      customerService(this.#context, index, customers[index] ?? ''),
    );
    this.#accounts = this.#startReplicas(ports.accounts, (_, index) => {
      const { databaseUrl = '', customerUrls = [] } = accounts[index] ?? {};
      return accountService(this.#context, index, databaseUrl, customerUrls);
    });
    const balancers = this.#startReplicas([ports.gateway], (port) =>
      this.#gateway.prepare({
        port,
        accountPorts: accountUrls.map((url) => Number(new URL(url).port)),
        nginxRoundRobin: this.#context.options.nginxRoundRobin,
        consolePort: ports.console,
        runDirectory: path.join(this.logs, 'gateway'),
        logFile: this.gatewayLog,
      }),
    );
    const control = await this.#startProcessControl();
    const consoles = this.#startReplicas(ports.console === undefined ? [] : [ports.console], (port) =>
      consoleService(this.#context, port, control?.url),
    );
    this.#entrances = [...balancers, ...consoles];
    return readyOn(this.#customers, signal);
  }

  async #startProcessControl(): Promise<ProcessControl | undefined> {
    if (!this.#context.options.processControl) return undefined;
    const control = await ProcessControl.start({
      replicas: () => [...this.#accounts, ...this.#customers],
      token: this.faultsToken,
      onDisturbance: () => {
        this.#isDisturbed = true;
      },
    });
    this.#started.push([control]);
    return control;
  }

  async #waitForGateway(signal: AbortSignal): Promise<string> {
    await Promise.all(this.#entrances.map((replica) => replica.ready(signal)));
    return `${this.#gateway.description} balances on ${this.gatewayUrl}`;
  }

  #startReplicas(
    ports: readonly number[],
    specOf: (port: number, index: number) => ProcessSpec,
  ): readonly ServiceReplica[] {
    this.#refuseWhileStopping();
    const replicas = ports.map(
      (port, index) =>
        new ServiceReplica(specOf(port, index), port, (replica, exit) => this.#onUnexpectedEnd(replica, exit)),
    );
    this.#started.push(replicas);
    return replicas;
  }

  #startTask(spec: ProcessSpec): SupervisedProcess {
    this.#refuseWhileStopping();
    const started = new SupervisedProcess(spec);
    this.#started.push([started]);
    return started;
  }

  /** A process that starts after {@link stop} would not be stopped. */
  #refuseWhileStopping(): void {
    if (this.#stopping.signal.aborted) throw new Error('the system is being stopped');
  }

  #onUnexpectedEnd(replica: ServiceReplica, exit: ProcessExit): void {
    if (this.#stopping.signal.aborted) return;
    this.#isDisturbed = true;
    const { name, logFile } = replica;
    if (this.#context.options.unexpectedEnd === 'is-restarted') {
      void this.#restarts.restart(replica, `${describeExit(exit)}${exit.signal === null ? quoteError(logFile) : ''}`);
      return;
    }
    const remedy = `See its log, then start the ${this.#context.options.name} again.`;
    this.#break(new SystemFailure(`${name} died: ${describeExit(exit)}${quoteError(logFile)}`, remedy, logFile));
  }

  #break(failure: SystemFailure): void {
    const isIgnored = this.#stopping.signal.aborted || this.#context.options.unexpectedEnd === 'is-ignored';
    if (!isIgnored) this.#broken.abort(failure);
  }
}

/** Finds a route for each replica of a service, by the name that it gets. */
function namedRoutes<T>(
  ports: readonly number[],
  service: string,
  find: (name: string, port: number) => Promise<T>,
): Promise<T[]> {
  return Promise.all(ports.map((port, index) => find(`${service}-${index + 1}`, port)));
}
