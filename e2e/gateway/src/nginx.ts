import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findProgram, nginxVersion, readNginxTemplate, renderTemplate, workspaceRoot } from '@breakwater/system-runner';

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

/** nginx's errors for a configuration; undefined when it is valid. */
export function faultsOf(values: GatewayValues): string | undefined {
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-nginx-'));
  try {
    const file = path.join(directory, 'nginx.conf');
    writeFileSync(file, renderTemplate(readNginxTemplate(), { ...values, GATEWAY_RUN_DIR: directory }));
    const { status, stderr } = spawnSync('nginx', ['-t', '-p', directory, '-c', file, '-e', 'stderr'], {
      encoding: 'utf8',
      // nginx opens /dev/stdout by name, which fails for the socket that Node passes as a pipe.
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return status === 0 ? undefined : stderr;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
