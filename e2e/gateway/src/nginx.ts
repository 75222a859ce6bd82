import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { render, type GatewayValues } from './configuration.ts';

/** The version of the nginx on the path, as numbers; undefined where there is none. */
export const nginxVersion = ((): readonly number[] | undefined => {
  const { stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  return /nginx\/(\d+)\.(\d+)\.(\d+)/
    .exec(stderr ?? '')
    ?.slice(1)
    .map(Number);
})();

/** Whether the nginx on the path is at least this one. */
export function nginxIsAtLeast(...wanted: readonly number[]): boolean {
  if (nginxVersion === undefined) return false;
  const different = wanted.findIndex((number, position) => number !== nginxVersion[position]);
  return different === -1 || (nginxVersion[different] ?? 0) > (wanted[different] ?? 0);
}

if (nginxVersion === undefined) {
  process.stderr.write(
    '\n!!! There is no nginx on the PATH: nginx/nginx.conf is NOT tested. Install nginx to test it.\n\n',
  );
}

/** nginx's errors for a configuration; undefined when it is valid. */
export function faultsOf(values: GatewayValues): string | undefined {
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-nginx-'));
  try {
    const file = path.join(directory, 'nginx.conf');
    writeFileSync(file, render({ ...values, GATEWAY_RUN_DIR: directory }));
    const { status, stderr } = spawnSync('nginx', ['-t', '-p', directory, '-c', file, '-e', 'stderr'], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return status === 0 ? undefined : stderr;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const accessLogFile = 'access.log';

/** A running gateway. */
export class RunningNginx {
  readonly url: string;
  readonly statusSocket: string;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(directory: string, port: number, child: ChildProcess) {
    this.#directory = directory;
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
    this.statusSocket = path.join(directory, 'status.sock');
  }

  /** Starts nginx in front of replicas, with generous limits unless `values` replaces them. */
  static async start(replicaPorts: readonly number[], values: GatewayValues = {}): Promise<RunningNginx> {
    const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-nginx-'));
    const port = await freePort();
    const file = path.join(directory, 'nginx.conf');
    writeFileSync(
      file,
      render({
        GATEWAY_LISTEN: `127.0.0.1:${port}`,
        GATEWAY_STATUS_LISTEN: `unix:${path.join(directory, 'status.sock')}`,
        GATEWAY_ACCOUNTS: replicaPorts
          .map((replica) => `server 127.0.0.1:${replica} max_fails=1 fail_timeout=5s;`)
          .join(' '),
        GATEWAY_RESOLVER: '',
        GATEWAY_TRUSTED_PROXIES: '',
        GATEWAY_RATE_LIMIT: '10000r/s',
        GATEWAY_RATE_BURST: '10000',
        GATEWAY_HIDDEN_PATHS: 'metrics|actuator|health|faults|experiments',
        GATEWAY_CONSOLE: '',
        GATEWAY_RUN_DIR: directory,
        ...values,
      }),
    );
    const args = ['-p', directory, '-c', file, '-e', 'stderr', '-g', 'daemon off;'];
    // nginx opens /dev/stdout by name, which is not possible for a pipe of Node (a socket).
    const log = openSync(path.join(directory, accessLogFile), 'a');
    const child = spawn('nginx', args, { stdio: ['ignore', log, 'inherit'] });
    closeSync(log);
    const nginx = new RunningNginx(directory, port, child);
    await vi.waitFor(async () => fetch(`${nginx.url}/gateway/health`), { timeout: 20_000 });
    return nginx;
  }

  /** The access log so far: each line is an object, or this throws. */
  get accessLog(): Record<string, unknown>[] {
    return readFileSync(path.join(this.#directory, accessLogFile), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Reloads the configuration. */
  reload(): void {
    this.#child.kill('SIGHUP');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
