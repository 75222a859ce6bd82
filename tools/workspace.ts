import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export const workspaceRoot = path.join(import.meta.dirname, '..');

/** Folders with files that are generated, installed or downloaded. */
const ignoredFolders = new Set([
  'node_modules',
  'dist',
  'bundle',
  'package',
  'coverage',
  'test-results',
  'results',
  '.nx',
  '.git',
]);

/** What the tools read of a package.json. */
export interface Manifest {
  readonly name: string;
  /** The folder, relative to the workspace's root; empty for the root. */
  readonly folder: string;
  readonly scripts: Readonly<Record<string, string>>;
}

/** Finds the project's own files that match a glob pattern; paths are relative to the workspace's root, with slashes. */
export function sourceFiles(pattern: string): readonly string[] {
  return globSync(pattern, { cwd: workspaceRoot, exclude: (name) => ignoredFolders.has(path.basename(name)) })
    .map((file) => file.split(path.sep).join('/'))
    .sort();
}

export function readSource(file: string): string {
  return readFileSync(path.join(workspaceRoot, file), 'utf8');
}

/** Reads the package.json of the root, which comes first, and of each workspace. */
export function readManifests(): readonly Manifest[] {
  return ['package.json', ...sourceFiles('{*,{apps,libs,e2e}/*}/package.json')].map((file) => {
    const { name, scripts = {} } = JSON.parse(readSource(file)) as { name: string; scripts?: Record<string, string> };
    return { name, folder: path.posix.dirname(`./${file}`).slice(2), scripts };
  });
}

/** Runs Nx on the Node that runs this program, and returns its exit code. */
export async function runNx(...args: readonly string[]): Promise<number> {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('nx/package.json');
  const { bin } = require(manifest) as { bin: { nx: string } };
  const child = spawn(process.execPath, [path.join(path.dirname(manifest), bin.nx), ...args], {
    cwd: workspaceRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
