import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loopback, urlOf } from '../ports.ts';
import { childEnvironment, type ProcessSpec, respondsAt } from '../supervised-process.ts';
import { SystemFailure } from '../system-failure.ts';
import { findProgram } from '../programs.ts';
import { workspaceRoot } from '../workspace.ts';

/** The load balancer in front of the accounts. `auto` is nginx if it is installed, otherwise the one in Node. */
export type GatewayChoice = 'auto' | 'nginx' | 'node';

export interface GatewaySettings {
  readonly port: number;
  readonly accountPorts: readonly number[];
  /** Whether nginx takes the replicas in turn and leaves none out. Default: false. */
  readonly nginxRoundRobin?: boolean;
  /** Undefined in a system without a console. */
  readonly consolePort?: number | undefined;
  /** A directory for the gateway's files; created if missing. */
  readonly runDirectory: string;
  readonly logFile: string;
  /** Values of placeholders in `nginx/nginx.conf` that replace those of a local system. Default: none. */
  readonly values?: Readonly<Record<string, string>>;
}

/** A kind of gateway. */
export interface Gateway {
  /** Such as `nginx 1.22.1`. */
  readonly description: string;
  /** Returns the process to start and writes its files. */
  prepare(settings: GatewaySettings): ProcessSpec;
}

/**
 * Chooses the load balancer.
 *
 * @throws SystemFailure when nginx is required and not installed
 */
export function chooseGateway(choice: GatewayChoice): Gateway {
  const nginx = choice === 'node' ? undefined : findProgram('nginx');
  if (nginx !== undefined) {
    return { description: `nginx ${nginxVersion(nginx)}`, prepare: (settings) => prepareNginx(nginx, settings) };
  }
  if (choice === 'nginx') {
    throw new SystemFailure(
      'There is no nginx on the PATH',
      'Install it, or omit --gateway to use the gateway in Node.',
    );
  }
  return { description: 'the gateway in Node', prepare: prepareNodeGateway };
}

/** The values of the placeholders in `nginx/nginx.conf`, which documents them. */
export function nginxValues({
  port,
  accountPorts,
  nginxRoundRobin = false,
  consolePort,
  runDirectory,
  values = {},
}: Omit<GatewaySettings, 'logFile'>): Record<string, string> {
  return {
    GATEWAY_LISTEN: `${loopback}:${port}`,
    GATEWAY_ACCOUNTS: replicaDirectives(accountPorts, nginxRoundRobin).join('\n        '),
    GATEWAY_CONSOLE: consolePort === undefined ? '' : `${loopback}:${consolePort}`,
    // Addresses are fixed while the system runs, and there is no proxy in front of it.
    GATEWAY_RESOLVER: '',
    GATEWAY_TRUSTED_PROXIES: '',
    GATEWAY_STATUS_LISTEN: `unix:${statusSocket(runDirectory)}`,
    // All requests come from one client, this machine.
    GATEWAY_RATE_LIMIT: '1000r/s',
    GATEWAY_RATE_BURST: '2000',
    GATEWAY_CONNECTIONS: '2000',
    // /experiments stays visible: the demo uses it through the gateway.
    GATEWAY_HIDDEN_PATHS: 'metrics|actuator|health|faults',
    GATEWAY_RUN_DIR: runDirectory,
    ...values,
  };
}

const statusSocket = (runDirectory: string): string => path.join(runDirectory, 'status.sock');

/** As `nginx/nginx.conf` describes them. nginx always tries a single replica, so it needs no backup. */
function replicaDirectives(ports: readonly number[], nginxRoundRobin: boolean): string[] {
  const servers = ports.map((port) => `server ${loopback}:${port}`);
  if (nginxRoundRobin) return servers.map((server) => `${server} max_fails=0;`);
  return [
    ...servers.map((server) => `${server} max_fails=1 fail_timeout=5s;`),
    ...(servers.length === 1 ? [] : servers).map((server) => `${server} max_fails=0 backup;`),
  ];
}

const placeholder = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/**
 * Replaces each `${NAME}` in capitals, as `envsubst` does in the official nginx image. nginx's own variables
 * (`$request_id`) stay unchanged.
 *
 * @throws SystemFailure when a placeholder has no value, or a value no placeholder
 */
export function renderTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const names = new Set(Array.from(template.matchAll(placeholder), ([, name = '']) => name));
  const missing = [...names].filter((name) => !Object.hasOwn(values, name));
  const unused = Object.keys(values).filter((name) => !names.has(name));
  if (missing.length > 0) {
    throw new SystemFailure(`No value for the placeholder ${missing.join(', ')}`, 'Add a value, or correct the name.');
  }
  if (unused.length > 0) {
    throw new SystemFailure(
      `The template has no placeholder ${unused.join(', ')}`,
      'Remove the value, or correct the name.',
    );
  }
  return template.replaceAll(placeholder, (_, name: string) => values[name] ?? '');
}

/** `nginx/nginx.conf` with its placeholders. */
export function readNginxTemplate(): string {
  return readFileSync(path.join(workspaceRoot, 'nginx', 'nginx.conf'), 'utf8');
}

/** Writes the configuration, which both kinds of gateway read. */
function writeConfiguration(settings: GatewaySettings): string {
  const configuration = path.join(settings.runDirectory, 'nginx.conf');
  mkdirSync(settings.runDirectory, { recursive: true });
  const template = readNginxTemplate();
  // Without another method, nginx balances in turn.
  const balanced = settings.nginxRoundRobin === true ? template.replace(/^ *least_conn;\n/m, '') : template;
  writeFileSync(configuration, renderTemplate(balanced, nginxValues(settings)));
  return configuration;
}

function prepareNginx(nginx: string, settings: GatewaySettings): ProcessSpec {
  const configuration = writeConfiguration(settings);
  return {
    ...commonSpec(settings),
    command: nginx,
    // Without -e, nginx first opens its compiled-in log, which requires root.
    args: ['-p', settings.runDirectory, '-c', configuration, '-e', 'stderr', '-g', 'daemon off;'],
    env: childEnvironment(),
    // One that was killed leaves it, and the next one could not listen on it.
    prepare: () => rmSync(statusSocket(settings.runDirectory), { force: true }),
  };
}

function prepareNodeGateway(settings: GatewaySettings): ProcessSpec {
  return {
    ...commonSpec(settings),
    command: process.execPath,
    args: [
      path.join(import.meta.dirname, `gateway${path.extname(import.meta.filename)}`),
      writeConfiguration(settings),
    ],
    env: childEnvironment(),
  };
}

function commonSpec({ port, logFile }: GatewaySettings): Pick<ProcessSpec, 'name' | 'logFile' | 'probe'> {
  return { name: 'gateway', logFile, probe: respondsAt(`${urlOf(port)}/gateway/health`) };
}

/** The version of an nginx, such as `1.22.1`. */
export function nginxVersion(nginx: string): string {
  // nginx prints it to standard error.
  const { stderr } = spawnSync(nginx, ['-v'], { encoding: 'utf8' });
  return /nginx\/([\d.]+)/.exec(stderr)?.[1] ?? '(unknown version)';
}
