import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { SystemFailure } from './system-failure.ts';

/** Where the repository is: four folders above this file. */
export const workspaceRoot = path.resolve(import.meta.dirname, '../../../..');

/** The projects that are compiled before the system starts. */
export const serviceProjects = ['@breakwater/account', '@breakwater/customer'] as const;

/** The compiled entry of a service or of one of its tools. */
export function compiled(app: 'account' | 'customer', entry: 'main' | 'migrate'): string {
  return path.join(workspaceRoot, 'apps', app, 'dist', `${entry}.js`);
}

/** The workspace's own Nx, as a script for Node. */
export function findNx(): string {
  try {
    const manifest = createRequire(path.join(workspaceRoot, 'package.json')).resolve('nx/package.json');
    const { bin }: { bin: { nx: string } } = JSON.parse(readFileSync(manifest, 'utf8'));
    return path.resolve(path.dirname(manifest), bin.nx);
  } catch {
    throw new SystemFailure(
      'Nx, which compiles the services, is not installed',
      'Run `npm ci` in the repository first.',
    );
  }
}
