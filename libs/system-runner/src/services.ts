import path from 'node:path';
import type { ServiceEnvironment } from './options.ts';
import { ownEnvironment } from './owned-process.ts';
import { loopback } from './ports.ts';
import type { ServiceSpec } from './service.ts';
import { compiled, type ServiceName } from './workspace.ts';

/** What every instance of a service is told. */
export interface ServiceSettings {
  readonly databaseUrl: string;
  /** Whether the lab entry runs; only it reads the time scale. */
  readonly lab: boolean;
  /** How many times as fast as real time the service's clock runs. */
  readonly timeScale: number;
  /** Directory for its log. */
  readonly logs: string;
  /** What is added, or replaced, on demand. */
  readonly env: ServiceEnvironment;
}

/** One customer service, with faults for whoever knows the token. */
export function customerService(
  number: number,
  port: number,
  faultsToken: string,
  settings: ServiceSettings,
): ServiceSpec {
  return nodeService('customer', settings.lab ? 'lab/main' : 'main', number, port, settings, {
    FAULTS_TOKEN: faultsToken,
  });
}

/** One account service, which asks the customer services; its circuit breakers obey whoever knows the token. */
export function accountService(
  number: number,
  port: number,
  customerUrls: readonly string[],
  actuatorToken: string,
  settings: ServiceSettings,
): ServiceSpec {
  return nodeService('account', 'main', number, port, settings, {
    CUSTOMER_URL: customerUrls.join(','),
    ACTUATOR_TOKEN: actuatorToken,
    // The load balancer says who the client is.
    TRUST_PROXY: loopback,
  });
}

/** What the console has to know. */
export interface ConsoleSettings {
  readonly accountUrls: readonly string[];
  readonly customerUrls: readonly string[];
  readonly gatewayUrl: string;
  readonly logs: string;
  readonly env: ServiceEnvironment;
}

/** The console. Whoever has the system on his own machine may put load on it. */
export function consoleService(port: number, settings: ConsoleSettings): ServiceSpec {
  const { accountUrls, customerUrls, gatewayUrl, logs, env } = settings;
  return {
    name: 'console',
    command: process.execPath,
    args: ['--enable-source-maps', compiled('console', 'main')],
    env: ownEnvironment({
      HOST: loopback,
      PORT: String(port),
      INSTANCE_NAME: 'console',
      ACCOUNT_URL: accountUrls.join(','),
      CUSTOMER_URL: customerUrls.join(','),
      LOAD_URL: gatewayUrl,
      CONSOLE_LOAD: 'true',
      ...env,
    }),
    logFile: path.join(logs, 'console.log'),
    readyUrl: `${urlOf(port)}/health/ready`,
  };
}

/** The address of whatever listens on a port. */
export function urlOf(port: number): string {
  return `http://${loopback}:${port}`;
}

function nodeService(
  app: ServiceName,
  entry: 'main' | 'lab/main',
  number: number,
  port: number,
  settings: ServiceSettings,
  env: Readonly<Record<string, string>>,
): ServiceSpec {
  const name = `${app}-${number}`;
  return {
    name,
    command: process.execPath,
    args: ['--enable-source-maps', compiled(app, entry)],
    env: ownEnvironment({
      HOST: loopback,
      PORT: String(port),
      DATABASE_URL: settings.databaseUrl,
      INSTANCE_NAME: name,
      ...(settings.lab ? { TIME_SCALE: String(settings.timeScale) } : {}),
      // Whoever presses Ctrl-C does not want to wait for the lookups that are under way.
      SHUTDOWN_TIMEOUT: '3s',
      ...env,
      ...settings.env,
    }),
    logFile: path.join(settings.logs, `${name}.log`),
    readyUrl: `${urlOf(port)}/health/ready`,
  };
}
