import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** The version of `--install-k6` and of the container image. */
const k6Version = '1.8.1';
const image = `grafana/k6:${k6Version}`;

/** How k6 is started. */
export interface K6Program {
  readonly command: string;
  /** Arguments before those of k6; a container needs the directories and variables that k6 uses. */
  readonly prefix: (directories: readonly string[], variables: readonly string[]) => readonly string[];
  /** Such as `k6 v1.8.1 (go1.26.8, linux/amd64)`. */
  readonly description: string;
}

/** k6 is not installed. */
export class NoK6Error extends Error {
  override readonly name = 'NoK6Error';

  constructor() {
    super(
      `k6 is not installed. Install it (https://grafana.com/docs/k6/latest/set-up/install-k6/), or with Go: ` +
        `npm run load-test -- --install-k6`,
    );
  }
}

/**
 * Finds k6: the program of `K6`, on the PATH, in Go's directory for programs, or its container image with Docker.
 *
 * @throws NoK6Error
 */
export function findK6(environment: NodeJS.ProcessEnv = process.env): K6Program {
  const named = environment['K6'];
  const candidates = named ? [named] : ['k6', ...inGoBin()];
  for (const command of candidates) {
    const { status, stdout } = spawnSync(command, ['version'], { encoding: 'utf8' });
    if (status === 0) return { command, prefix: () => [], description: stdout.split('\n', 1)[0] ?? 'k6' };
  }
  if (named === undefined && isImageThere()) return inContainer;
  throw new NoK6Error();
}

interface InstallOptions {
  /** Receives a line at the start, and one in each interval while it builds. */
  readonly report: (line: string) => void;
  /** Default: 30 s. */
  readonly intervalMs?: number;
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

const buildTimeoutMs = 600_000;

/** Builds k6 with Go. @throws Error with the reason, without Go too */
export async function installK6({ report, intervalMs = 30_000, env = process.env }: InstallOptions): Promise<string> {
  const source = `go.k6.io/k6@v${k6Version}`;
  report(`Building k6 ${k6Version} with Go, which takes two to ten minutes…`);
  const start = performance.now();
  const progress = setInterval(
    () => report(`still building, for ${Math.round((performance.now() - start) / 1_000)} s`),
    intervalMs,
  );
  try {
    await promisify(execFile)('go', ['install', source], { timeout: buildTimeoutMs, env });
  } catch (error) {
    const { code, killed, stderr = '' } = error as NodeJS.ErrnoException & { killed?: boolean; stderr?: string };
    if (code === 'ENOENT') throw new Error('Go is not installed (https://go.dev/doc/install)', { cause: error });
    const reason = killed ? `it took longer than ${buildTimeoutMs / 60_000} minutes` : stderr.trim().slice(-1_000);
    throw new Error(`go install ${source} failed: ${reason}`, { cause: error });
  } finally {
    clearInterval(progress);
  }
  return findK6(env).description;
}

function inGoBin(): string[] {
  const { status, stdout } = spawnSync('go', ['env', 'GOBIN', 'GOPATH'], { encoding: 'utf8' });
  if (status !== 0) return [];
  const [bin = '', gopath = ''] = stdout.split('\n');
  const file = path.join(bin || path.join(gopath.split(path.delimiter)[0] ?? '', 'bin'), 'k6');
  return [file, `${file}.exe`].filter((each) => existsSync(each));
}

/** The container uses the network of the machine to reach the system, which works only on Linux. */
function isImageThere(): boolean {
  if (process.platform !== 'linux') return false;
  if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status !== 0) return false;
  if (spawnSync('docker', ['image', 'inspect', image], { stdio: 'ignore' }).status === 0) return true;
  return spawnSync('docker', ['pull', '--quiet', image], { stdio: 'ignore', timeout: 120_000 }).status === 0;
}

const inContainer: K6Program = {
  command: 'docker',
  prefix: (directories, variables) => [
    'run',
    '--rm',
    '--network=host',
    `--user=${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
    ...directories.flatMap((directory) => ['--volume', `${directory}:${directory}`]),
    ...variables.flatMap((variable) => ['--env', variable]),
    image,
  ],
  description: `${image} in a container`,
};
