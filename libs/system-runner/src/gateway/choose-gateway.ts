import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ownEnvironment } from '../owned-process.ts';
import { loopback } from '../ports.ts';
import type { ServiceSpec } from '../service.ts';
import { urlOf } from '../services.ts';
import { SystemFailure } from '../system-failure.ts';
import { renderTemplate } from './template.ts';
import { workspaceRoot } from '../workspace.ts';

/** Which load balancer stands before the accounts: nginx where there is one, or a given one. */
export type GatewayChoice = 'auto' | 'nginx' | 'node';

/** Where the gateway listens, whom it forwards to, where its files go. */
export interface GatewaySettings {
  readonly port: number;
  readonly accountPorts: readonly number[];
  /** Where the console is; undefined where there is none. */
  readonly consolePort?: number | undefined;
  /** A directory of the gateway's own; it need not exist yet. */
  readonly runDirectory: string;
  readonly logFile: string;
}

/** A kind of gateway. */
export interface Gateway {
  /** For people: `nginx 1.22.1`. */
  readonly description: string;
  /** What to start; writes the files that it needs. */
  prepare(settings: GatewaySettings): ServiceSpec;
}

/**
 * Chooses the load balancer before the accounts.
 *
 * @throws SystemFailure when nginx is wanted and there is none
 */
export function chooseGateway(choice: GatewayChoice): Gateway {
  const nginx = choice === 'node' ? undefined : findOnPath('nginx');
  if (nginx !== undefined) {
    return { description: `nginx ${nginxVersion(nginx)}`, prepare: (settings) => prepareNginx(nginx, settings) };
  }
  if (choice === 'nginx') {
    throw new SystemFailure(
      'There is no nginx on the PATH',
      'Install it, or leave --gateway away and one in Node is used.',
    );
  }
  return { description: 'the gateway in Node', prepare: prepareNodeGateway };
}

/** The values for the placeholders in `nginx/nginx.conf`, which explains them. */
export function nginxValues({
  port,
  accountPorts,
  consolePort,
  runDirectory,
}: GatewaySettings): Record<string, string> {
  return {
    GATEWAY_LISTEN: `${loopback}:${port}`,
    GATEWAY_ACCOUNTS: accountPorts
      .map((accountPort) => `server ${loopback}:${accountPort} max_fails=1 fail_timeout=5s;`)
      .join('\n        '),
    GATEWAY_CONSOLE: consolePort === undefined ? '' : `${loopback}:${consolePort}`,
    // Addresses do not change while the system runs, and nobody stands in front of it.
    GATEWAY_RESOLVER: '',
    GATEWAY_TRUSTED_PROXIES: '',
    GATEWAY_STATUS_LISTEN: `unix:${path.join(runDirectory, 'status.sock')}`,
    // Whoever plays with the system on his own machine is a single client, and a busy one.
    GATEWAY_RATE_LIMIT: '1000r/s',
    GATEWAY_RATE_BURST: '2000',
    // The demo runs its experiments through the gateway.
    GATEWAY_HIDDEN_PATHS: 'metrics|actuator|health|faults',
    GATEWAY_RUN_DIR: runDirectory,
  };
}

function prepareNginx(nginx: string, settings: GatewaySettings): ServiceSpec {
  const template = readFileSync(path.join(workspaceRoot, 'nginx', 'nginx.conf'), 'utf8');
  const configuration = path.join(settings.runDirectory, 'nginx.conf');
  mkdirSync(settings.runDirectory, { recursive: true });
  writeFileSync(configuration, renderTemplate(template, nginxValues(settings)));
  return {
    ...common(settings),
    command: nginx,
    // Without -e, nginx first tries the log that was compiled in, which needs root.
    args: ['-p', settings.runDirectory, '-c', configuration, '-e', 'stderr', '-g', 'daemon off;'],
    env: ownEnvironment({}),
  };
}

function prepareNodeGateway(settings: GatewaySettings): ServiceSpec {
  return {
    ...common(settings),
    command: process.execPath,
    args: [path.join(import.meta.dirname, `main${path.extname(import.meta.filename)}`)],
    env: ownEnvironment({
      HOST: loopback,
      PORT: String(settings.port),
      ACCOUNT_URLS: settings.accountPorts.map(urlOf).join(','),
      ...(settings.consolePort === undefined ? {} : { CONSOLE_URL: urlOf(settings.consolePort) }),
    }),
  };
}

function common({ port, logFile }: GatewaySettings): Pick<ServiceSpec, 'name' | 'logFile' | 'readyUrl'> {
  return { name: 'gateway', logFile, readyUrl: `${urlOf(port)}/gateway/health` };
}

/** nginx tells its version on standard error. */
function nginxVersion(nginx: string): string {
  const { stderr } = spawnSync(nginx, ['-v'], { encoding: 'utf8' });
  return /nginx\/([\d.]+)/.exec(stderr)?.[1] ?? '(unknown version)';
}

function findOnPath(program: string): string | undefined {
  const file = process.platform === 'win32' ? `${program}.exe` : program;
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((directory) => path.isAbsolute(directory))
    .map((directory) => path.join(directory, file))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
