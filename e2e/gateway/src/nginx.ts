import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  childEnvironment,
  findProgram,
  freePort,
  nginxValues,
  nginxVersion,
  readNginxTemplate,
  renderTemplate,
  respondsAt,
  SupervisedProcess,
  urlOf,
  workspaceRoot,
} from '@breakwater/system-runner';

const nginx = findProgram('nginx');

/** Whether there is an nginx on the PATH. */
export const hasNginx = nginx !== undefined;

/** Whether the nginx on the PATH has at least this version. */
export function nginxIsAtLeast(...wanted: readonly number[]): boolean {
  if (nginx === undefined) return false;
  const version = nginxVersion(nginx).split('.').map(Number);
  const different = wanted.findIndex((number, position) => number !== version[position]);
  return different === -1 || (version[different] ?? 0) > (wanted[different] ?? 0);
}

if (!hasNginx) {
  process.stderr.write(
    '\n!!! There is no nginx on the PATH: nginx/nginx.conf is NOT tested. Install nginx to test it.\n\n',
  );
}

/** Values of the placeholders of `nginx/nginx.conf`. */
export type GatewayValues = Readonly<Record<string, string>>;

/** The values in docker-compose.yml, with the defaults of its variables. */
export const composeValues: GatewayValues = Object.fromEntries(
  Array.from(
    readFileSync(path.join(workspaceRoot, 'docker-compose.yml'), 'utf8').matchAll(/^ {6}(GATEWAY_[A-Z_]+): (.*)$/gm),
    ([, name = '', value = '']) => [name, value.replace(/^'(.*)'$/, '$1').replace(/^\$\{\w+:-(.*)\}$/, '$1')],
  ),
);

const withoutDaemon = ['-e', 'stderr', '-g', 'daemon off;'];

/** Writes the configuration into a new directory. */
function writeConfiguration(valuesFor: (directory: string) => GatewayValues): { directory: string; args: string[] } {
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-nginx-'));
  const file = path.join(directory, 'nginx.conf');
  writeFileSync(file, renderTemplate(readNginxTemplate(), valuesFor(directory)));
  return { directory, args: ['-p', directory, '-c', file, ...withoutDaemon] };
}

/** nginx's errors for a configuration; undefined when it is valid. */
export function faultsOf(values: GatewayValues): string | undefined {
  const { directory, args } = writeConfiguration((runDirectory) => ({ ...values, GATEWAY_RUN_DIR: runDirectory }));
  try {
    const { status, stderr } = spawnSync('nginx', ['-t', ...args], {
      encoding: 'utf8',
      // nginx opens /dev/stdout by name, which fails for the socket that Node passes as a pipe.
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return status === 0 ? undefined : stderr;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A running gateway. */
export class RunningNginx {
  readonly url: string;
  readonly statusSocket: string;
  readonly #directory: string;
  readonly #process: SupervisedProcess;

  private constructor(url: string, directory: string, args: readonly string[]) {
    this.url = url;
    this.statusSocket = path.join(directory, 'status.sock');
    this.#directory = directory;
    this.#process = new SupervisedProcess({
      name: 'nginx',
      command: 'nginx',
      args,
      env: childEnvironment(),
      logFile: path.join(directory, 'access.log'),
      errorFile: path.join(directory, 'error.log'),
      probe: respondsAt(`${url}/gateway/health`),
    });
  }

  /** Starts nginx in front of replicas, with generous limits unless `values` replaces them. */
  static async start(replicaPorts: readonly number[], values: GatewayValues = {}): Promise<RunningNginx> {
    const port = await freePort();
    const { directory, args } = writeConfiguration((runDirectory) => ({
      ...nginxValues({ port, accountPorts: replicaPorts, runDirectory }),
      GATEWAY_RATE_LIMIT: '10000r/s',
      GATEWAY_RATE_BURST: '10000',
      GATEWAY_HIDDEN_PATHS: 'metrics|actuator|health|faults|experiments',
      ...values,
    }));
    const started = new RunningNginx(urlOf(port), directory, args);
    await started.#process.ready(AbortSignal.timeout(20_000), 20);
    return started;
  }

  /** The access log so far. @throws SyntaxError when a line is not JSON */
  get accessLog(): Record<string, unknown>[] {
    return readFileSync(this.#process.logFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Reloads the configuration. */
  reload(): void {
    this.#process.signal('SIGHUP');
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
