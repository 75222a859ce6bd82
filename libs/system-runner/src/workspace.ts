import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { SystemFailure } from './system-failure.ts';

/** Where the repository is: three folders above this file, as source and compiled. */
export const workspaceRoot = path.resolve(import.meta.dirname, '../../..');

/** The services by the names of their folders. */
export type ServiceName = 'account' | 'customer';

/** The console, which is built only where it is wanted: its server and, by a script, its page. */
export const consoleProject = 'apps/console/tsconfig.build.json';
export const consolePageScript = path.join(workspaceRoot, 'apps/console/build-page.ts');

/** The compiled entry of a service: its production entry, its lab entry (experiments and a scaled clock) or its migrations. */
export function compiled(app: ServiceName | 'console', entry: 'main' | 'lab/main' | 'migrate'): string {
  return path.join(workspaceRoot, 'apps', app, 'dist', `${entry}.js`);
}

/** What the compiler is told to build: both services and, through their references, the libraries below them. */
export const serviceProjects = ['apps/account/tsconfig.build.json', 'apps/customer/tsconfig.build.json'] as const;

/** The workspace's own TypeScript compiler, as a script for Node. */
export function findCompiler(): string {
  try {
    const manifest = createRequire(path.join(workspaceRoot, 'package.json')).resolve('typescript/package.json');
    const { bin }: { bin: { tsc: string } } = JSON.parse(readFileSync(manifest, 'utf8'));
    return path.resolve(path.dirname(manifest), bin.tsc);
  } catch {
    throw new SystemFailure(
      'TypeScript, which compiles the services, is not installed',
      'Run `npm ci` in the repository first.',
    );
  }
}
