import path from 'node:path';
import type { GatewayChoice } from './gateway/gateway-choice.ts';
import { loopback, type SystemPorts, urlOf } from './ports.ts';
import { childEnvironment, type ProcessSpec, respondsAt } from './supervised-process.ts';
import { bundled, compiled, type ServiceName } from './workspace.ts';

/** Environment variables of a service that are added or replaced. */
export type ServiceEnvironment = Readonly<Record<string, string>>;

/** The options of a system. */
export interface SystemOptions {
  /** The name of the run in messages, such as `demo`. Default: `system`. */
  readonly name?: string;
  /** The gateway's port, which determines the others. Default: 0, which chooses free ports. */
  readonly port?: number;
  /**
   * Whether the services run from their lab entries, which have the experiments and read `TIME_SCALE`. Default: false, their
   * production entries.
   */
  readonly lab?: boolean;
  /**
   * Whether the services run from the bundles of their images, which `tools/bundle-service.ts` has made of these entries.
   * Default: false, the compiled files.
   */
  readonly bundled?: boolean;
  /** How many times as fast as real time the services' clocks run. More than 1 needs `lab`. Default: 1. */
  readonly timeScale?: number;
  /** Default: `auto`, which is nginx if it is installed. */
  readonly gateway?: GatewayChoice;
  /**
   * Whether nginx takes the account services in turn and leaves none out, instead of choosing the one with the fewest
   * connections and leaving one out for 5 s after a request to it failed. For comparisons. Default: false.
   */
  readonly nginxRoundRobin?: boolean;
  /** Number of account services, 1 to 9. Default: 2. */
  readonly accounts?: number;
  /** Number of customer services, 1 to 9. Default: 2. */
  readonly customers?: number;
  /** Whether to start the console, at `/console/` of the gateway. Default: false. */
  readonly console?: boolean;
  /** Environment variables in addition to, or instead of, those that the system sets. */
  readonly env?: {
    readonly account?: ServiceEnvironment;
    readonly customer?: ServiceEnvironment;
    readonly console?: ServiceEnvironment;
  };
  /**
   * `given` uses the PostgreSQL of `DATABASE_URL` if it is set, else starts one. `own` always starts one, which can be
   * stopped and started. Default: `given`.
   */
  readonly database?: 'given' | 'own';
  /**
   * Whether a proxy is between any two parts that are connected, with which `network` of the system disturbs connections.
   * Default: false.
   */
  readonly faultProxies?: boolean;
  /**
   * What the unexpected end of a process does: it breaks the system, is ignored, or, for every process but PostgreSQL, is reported
   * and the process starts again. Default: `breaks`.
   */
  readonly unexpectedEnd?: 'breaks' | 'is-ignored' | 'is-restarted';
  /** Receives a sentence when a process has ended and is started again. Default: nothing does. */
  readonly report?: (message: string) => void;
  /** Whether the console can kill and freeze replicas, with the token for customer's faults. Default: false. */
  readonly processControl?: boolean;
}

const maxReplicas = 9;

/**
 * Adds the defaults.
 *
 * @throws RangeError for an invalid number of replicas, or a time scale without `lab`
 */
export function withDefaults(options: SystemOptions): Required<SystemOptions> {
  const { accounts = 2, customers = 2, lab = false, timeScale = 1 } = options;
  for (const [name, count] of Object.entries({ accounts, customers })) {
    if (!Number.isInteger(count) || count < 1 || count > maxReplicas) {
      throw new RangeError(`${name} is a whole number from 1 to ${maxReplicas}, not ${count}`);
    }
  }
  if (timeScale !== 1 && !lab) {
    throw new RangeError(`timeScale ${timeScale} needs lab: only the lab entries read it`);
  }
  const defaults = { name: 'system', port: 0, bundled: false, gateway: 'auto', console: false, env: {} } as const;
  return {
    ...defaults,
    nginxRoundRobin: false,
    faultProxies: false,
    database: 'given',
    unexpectedEnd: 'breaks',
    report: () => {},
    processControl: false,
    ...options,
    accounts,
    customers,
    lab,
    timeScale,
  };
}

/** The properties of a system that its services depend on. */
export interface ServiceContext {
  readonly options: Required<SystemOptions>;
  readonly ports: SystemPorts;
  /** Token for customer's `/faults`. */
  readonly faultsToken: string;
  /** Token for the write endpoints of account's actuator. */
  readonly actuatorToken: string;
  /** Directory for the logs. */
  readonly logs: string;
}

/** A customer service. @param index starts at 0 */
export function customerService(context: ServiceContext, index: number, databaseUrl: string): ProcessSpec {
  const entry = context.options.lab ? 'lab/main' : 'main';
  return databaseService(context, 'customer', entry, index, databaseUrl, { FAULTS_TOKEN: context.faultsToken });
}

/** An account service. @param index starts at 0 */
export function accountService(
  context: ServiceContext,
  index: number,
  databaseUrl: string,
  customerUrls: readonly string[],
): ProcessSpec {
  const entry = context.options.lab ? 'lab/main' : 'main';
  return databaseService(context, 'account', entry, index, databaseUrl, {
    CUSTOMER_URL: customerUrls.join(','),
    ACTUATOR_TOKEN: context.actuatorToken,
    // The load balancer forwards the address of the client.
    TRUST_PROXY: loopback,
  });
}

/**
 * The console. On this machine it may send load.
 *
 * @param processControlUrl the address by which it kills and freezes replicas; undefined when it cannot
 */
export function consoleService(
  { options, ports, logs }: ServiceContext,
  port: number,
  processControlUrl: string | undefined,
): ProcessSpec {
  return nodeService('console', compiled('console', 'main'), port, logs, {
    ACCOUNT_URL: ports.accounts.map(urlOf).join(','),
    CUSTOMER_URL: ports.customers.map(urlOf).join(','),
    LOAD_URL: urlOf(ports.gateway),
    CONSOLE_LOAD: 'true',
    ...(processControlUrl === undefined ? {} : { PROCESS_CONTROL_URL: processControlUrl }),
    TRUST_PROXY: loopback,
    ...options.env.console,
  });
}

function databaseService(
  { options, ports, logs }: ServiceContext,
  app: ServiceName,
  entry: 'main' | 'lab/main',
  index: number,
  databaseUrl: string,
  environment: ServiceEnvironment,
): ProcessSpec {
  const port = ports[`${app}s`][index] ?? 0;
  const file = options.bundled ? bundled(app) : compiled(app, entry);
  return nodeService(`${app}-${index + 1}`, file, port, logs, {
    DATABASE_URL: databaseUrl,
    ...(options.lab ? { TIME_SCALE: String(options.timeScale) } : {}),
    // Ctrl-C should wait neither for lookups in flight nor for clients that do not know of it. Runs that look at shutdown set a delay.
    SHUTDOWN_DELAY: '0ms',
    SHUTDOWN_TIMEOUT: '3s',
    ...environment,
    ...options.env[app],
  });
}

/** The options of Node with which the images start their services (Dockerfile). */
export const nodeOptions = ['--enable-source-maps', '--max-semi-space-size=16'];

function nodeService(
  name: string,
  entry: string,
  port: number,
  logs: string,
  environment: ServiceEnvironment,
): ProcessSpec {
  return {
    name,
    command: process.execPath,
    args: [...nodeOptions, entry],
    env: childEnvironment({ HOST: loopback, PORT: String(port), INSTANCE_NAME: name, ...environment }),
    logFile: path.join(logs, `${name}.log`),
    probe: respondsAt(`${urlOf(port)}/health/ready`),
  };
}
