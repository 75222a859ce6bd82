import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Database, openDatabase } from './database.ts';
import { chooseGateway, type Gateway, type GatewayChoice } from './gateway.ts';
import { quoteLastWords } from './last-words.ts';
import { endProtection } from './orphan-protection.ts';
import { describeExit, OwnedProcess, ownEnvironment } from './owned-process.ts';
import { pause, unlessAborted } from './pause.ts';
import { choosePorts, type Ports, requireFreePorts } from './ports.ts';
import { Service, type ServiceSpec } from './service.ts';
import { accountService, customerService, urlOf } from './services.ts';
import { SystemFailure } from './system-failure.ts';
import { ended } from './task.ts';
import { compiled, findCompiler, serviceProjects, workspaceRoot } from './workspace.ts';

/** How a system is to be. */
export interface SystemOptions {
  /** The gateway's port, the others follow from it; 0 for ports that are free. */
  readonly port: number;
  /** How many times faster the services' clocks run. */
  readonly timeScale: number;
  readonly gateway: GatewayChoice;
}

/** One step of the start-up. */
export interface StartUpStep {
  /** What is about to happen, for people. */
  readonly title: string;
  /** Does it. Resolves with what to show in the title's place, now that it is done. */
  run(signal: AbortSignal): Promise<string>;
}

/** An end that was not asked for may reach us a moment after the failed request that it caused. */
const afterthoughtMs = 300;

/**
 * The whole system on this machine: PostgreSQL, two customer services, two account services, a load balancer. Each is
 * a process of its own, and all of them end with {@link stop}.
 */
export class BreakwaterSystem {
  readonly gatewayUrl: string;
  readonly accountUrls: readonly string[];
  readonly customerUrls: readonly string[];
  /** What `PUT /faults` of the customer services asks for; another one in each run. */
  readonly faultsToken = randomBytes(18).toString('base64url');
  /** Where each process writes its log, until {@link removeFiles}. */
  readonly logs: string;
  /** To be run one after the other. */
  readonly steps: readonly StartUpStep[];

  readonly #timeScale: number;
  readonly #ports: Ports;
  readonly #gateway: Gateway;
  readonly #broken = new AbortController();
  /** In the order of their start; what was started together ends together. */
  readonly #started: OwnedProcess[][] = [];
  #database: Promise<Database> | undefined;
  #customers: readonly Service[] = [];
  #accounts: readonly Service[] = [];
  #balancers: readonly Service[] = [];
  #stopping = false;

  private constructor(timeScale: number, ports: Ports, gateway: Gateway) {
    this.#timeScale = timeScale;
    this.#ports = ports;
    this.#gateway = gateway;
    this.logs = mkdtempSync(path.join(tmpdir(), 'breakwater-demo-'));
    this.gatewayUrl = urlOf(ports.gateway);
    this.accountUrls = ports.accounts.map(urlOf);
    this.customerUrls = ports.customers.map(urlOf);
    this.steps = [
      { title: 'Compile the services', run: (signal) => this.#compile(signal) },
      { title: 'Start PostgreSQL', run: (signal) => this.#waitForDatabase(signal) },
      { title: 'Create the tables', run: (signal) => this.#migrate(signal) },
      { title: 'Start two customer services', run: (signal) => this.#startServices(signal) },
      { title: 'Start two account services', run: (signal) => this.#waitForAccounts(signal) },
      { title: 'Start the load balancer', run: (signal) => this.#waitForGateway(signal) },
    ];
  }

  /**
   * Chooses the ports and makes sure that they are free. Nothing is started yet.
   *
   * @throws SystemFailure when a port is in use, or nginx is wanted and there is none
   */
  static async prepare({ port, timeScale, gateway }: SystemOptions): Promise<BreakwaterSystem> {
    const chosen = chooseGateway(gateway);
    const ports = await choosePorts(port);
    await requireFreePorts(ports);
    return new BreakwaterSystem(timeScale, ports, chosen);
  }

  /** Aborts, with a {@link SystemFailure} as its reason, when a process ends that was not asked to. */
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
    const database = await this.#database?.catch(() => undefined);
    await database?.stop();
    await endProtection();
  }

  /** Ends the processes at once; a {@link stop} that waits for them has that much less to wait for. */
  kill(): void {
    this.#stopping = true;
    for (const each of this.#started.flat()) each.kill();
  }

  /** Removes the logs and whatever else was written. */
  removeFiles(): void {
    rmSync(this.logs, { recursive: true, force: true, maxRetries: 5 });
  }

  async #compile(signal: AbortSignal): Promise<string> {
    // PostgreSQL needs nothing compiled: it starts meanwhile, and its step only waits for it.
    this.#database = openDatabase((failure) => this.#break(failure));
    // Whoever waits for it hears of its failure; until then nobody does.
    this.#database.catch(() => {});

    const build = this.#start({
      name: 'build',
      command: process.execPath,
      // What `nx build` runs, without Nx: it takes a tenth of a second when all is up to date. Nx's cache, without its
      // daemon, deletes the output and puts it back, under whatever else runs from it: another demo, or a test.
      args: [findCompiler(), '--build', ...serviceProjects],
      cwd: workspaceRoot,
      env: ownEnvironment({}),
      logFile: path.join(this.logs, 'build.log'),
    });
    await ended(build, signal, () => {
      const remedy = 'Correct what is wrong above; `npm ci` helps where packages are missing.';
      return new BuildFailure('The services could not be compiled', remedy, build.logFile);
    });
    return 'Services compiled';
  }

  async #waitForDatabase(signal: AbortSignal): Promise<string> {
    const { description } = await unlessAborted(this.#openedDatabase(), signal);
    return `${description} is up`;
  }

  async #migrate(signal: AbortSignal): Promise<string> {
    const { url } = await this.#openedDatabase();
    const migrations = (['customer', 'account'] as const).map((app) =>
      this.#start({
        name: `${app}-migrations`,
        command: process.execPath,
        args: ['--enable-source-maps', compiled(app, 'migrate')],
        env: ownEnvironment({ DATABASE_URL: url }),
        logFile: path.join(this.logs, `${app}-migrations.log`),
      }),
    );
    await Promise.all(migrations.map((migration) => ended(migration, signal)));
    return 'Tables created, customers seeded';
  }

  /** Starts all services and the gateway, so that they make ready at the same time, and waits for the first two. */
  async #startServices(signal: AbortSignal): Promise<string> {
    const { url: databaseUrl } = await this.#openedDatabase();
    const settings = { databaseUrl, timeScale: this.#timeScale, logs: this.logs };
    const gateway = this.#gateway.prepare({
      port: this.#ports.gateway,
      accountPorts: this.#ports.accounts,
      runDirectory: path.join(this.logs, 'gateway'),
      logFile: path.join(this.logs, 'gateway.log'),
    });
    const customers = this.#ports.customers.map((port, index) =>
      customerService(index + 1, port, this.faultsToken, settings),
    );
    const accounts = this.#ports.accounts.map((port, index) =>
      accountService(index + 1, port, this.customerUrls, settings),
    );
    this.#customers = this.#startTogether(customers);
    this.#accounts = this.#startTogether(accounts);
    this.#balancers = this.#startTogether([gateway]);

    await this.#ready(this.#customers, signal);
    return `customer-1 and customer-2 are ready on ports ${this.#ports.customers.join(' and ')}`;
  }

  async #waitForAccounts(signal: AbortSignal): Promise<string> {
    await this.#ready(this.#accounts, signal);
    return `account-1 and account-2 are ready on ports ${this.#ports.accounts.join(' and ')}`;
  }

  async #waitForGateway(signal: AbortSignal): Promise<string> {
    await this.#ready(this.#balancers, signal);
    return `${this.#gateway.description} balances on ${this.gatewayUrl}`;
  }

  #openedDatabase(): Promise<Database> {
    if (this.#database === undefined) throw new Error('the database comes first');
    return this.#database;
  }

  async #ready(services: readonly Service[], signal: AbortSignal): Promise<void> {
    await Promise.all(services.map((service) => service.ready(signal)));
    for (const service of services) void this.#watch(service);
  }

  #startTogether(specs: readonly ServiceSpec[]): Service[] {
    this.#refuseWhileStopping();
    const services = specs.map((spec) => new Service(spec));
    this.#started.push(services);
    return services;
  }

  #start(spec: ConstructorParameters<typeof OwnedProcess>[0]): OwnedProcess {
    this.#refuseWhileStopping();
    const started = new OwnedProcess(spec);
    this.#started.push([started]);
    return started;
  }

  async #watch(service: Service): Promise<void> {
    const exit = await service.exited;
    if (service.stopping) return;
    this.#break(
      new SystemFailure(
        `${service.name} died: ${describeExit(exit)}${quoteLastWords(service.logFile)}`,
        'Its log tells more; start the demo again.',
        service.logFile,
      ),
    );
  }

  /** What is started after the end has begun would be left behind. */
  #refuseWhileStopping(): void {
    if (this.#stopping) throw new Error('the system is being stopped');
  }

  #break(failure: SystemFailure): void {
    if (!this.#stopping) this.#broken.abort(failure);
  }
}

/** The compiler's own output says best what is wrong: it is shown as it is. */
export class BuildFailure extends SystemFailure {
  override readonly logFile: string;

  constructor(happened: string, remedy: string, logFile: string) {
    super(happened, remedy, logFile);
    this.name = 'BuildFailure';
    this.logFile = logFile;
  }
}
