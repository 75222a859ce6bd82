import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { childEnvironment, type ProcessSpec } from './supervised-process.ts';
import { SystemFailure } from './system-failure.ts';

/** The repository: three folders above this file, in source and compiled form. */
export const workspaceRoot = path.resolve(import.meta.dirname, '../../..');

/** The services by the names of their folders. */
export type ServiceName = 'account' | 'customer';

/** The compiled entry point of an application or of one of its tools; `lab/main` also reads `TIME_SCALE`. */
export function compiled(
  app: ServiceName | 'console',
  entry: 'main' | 'lab/main' | 'migrate' | 'check-policies',
): string {
  return path.join(workspaceRoot, 'apps', app, 'dist', `${entry}.js`);
}

/** The entry point of a service in the bundle of its image, which `tools/bundle-service.ts` makes. */
export function bundled(app: ServiceName): string {
  return path.join(workspaceRoot, 'apps', app, 'bundle', 'main.js');
}

/** Both services; their references include the libraries. */
const serviceProjects = ['apps/account/tsconfig.build.json', 'apps/customer/tsconfig.build.json'] as const;
const consoleProject = 'apps/console/tsconfig.build.json';
const consolePageScript = path.join(workspaceRoot, 'apps/console/build-page.ts');

/**
 * The processes that build the applications; they take a fraction of a second when everything is up to date.
 *
 * This is what `nx build` runs. Nx itself would delete and restore the output while other demos and tests run from it.
 *
 * @param logs directory for the output of the builds
 * @param withConsole whether to build the console's server and page too
 */
export function buildProcesses(logs: string, withConsole: boolean): readonly ProcessSpec[] {
  const build = (name: string, args: readonly string[]): ProcessSpec => ({
    name,
    command: process.execPath,
    args,
    cwd: workspaceRoot,
    env: childEnvironment(),
    logFile: path.join(logs, `${name}.log`),
  });
  const services = [findCompiler(), '--build', ...serviceProjects];
  if (!withConsole) return [build('build', services)];
  return [build('build', [...services, consoleProject]), build('page-build', [consolePageScript])];
}

/** The workspace's TypeScript compiler as a script for Node. */
function findCompiler(): string {
  try {
    const manifest = createRequire(path.join(workspaceRoot, 'package.json')).resolve('typescript/package.json');
    const { bin }: { bin: { tsc: string } } = JSON.parse(readFileSync(manifest, 'utf8'));
    return path.resolve(path.dirname(manifest), bin.tsc);
  } catch {
    throw new SystemFailure('TypeScript is not installed', 'Run `npm ci` in the repository first.');
  }
}
