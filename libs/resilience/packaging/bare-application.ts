import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entryList, packageFolder, publishedFolder } from './entries.ts';

/** The result of a command. */
export interface Run {
  readonly exitCode: number | null;
  readonly output: string;
}

/** An application outside the workspace with the packed library and only the packages that it declares. */
export interface BareApplication {
  /** The names of the installed packages. */
  readonly packages: readonly string[];
  /**
   * Compiles it, including the types of libraries.
   *
   * @param typescript the folder of the compiler in `node_modules`
   * @param options further options of the compiler
   */
  compile(typescript?: string, ...options: readonly string[]): Promise<Run>;
  /**
   * The errors in its own sources and in the types of the library, with the library ES2021 and without `skipLibCheck`. Types
   * of other packages can need a newer compiler or library.
   */
  typeErrors(typescript?: string, ...options: readonly string[]): Promise<readonly string[]>;
  /** Runs the compiled code. */
  start(): Promise<Run>;
}

/** What an application consists of, next to its sources. */
export interface ApplicationParts {
  /** Packages, in the versions of the lockfile of this workspace. */
  readonly packages: readonly string[];
  /** Further packages and their versions, by the name of their folder in `node_modules`. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Source files to write that export every entry of the library: `entries.mts` as an ES module, `entries.cts` as CommonJS. */
  readonly entryLists?: readonly string[];
}

/** The optional packages of adapters that need no NestJS. */
export const clientPackages: readonly string[] = [
  '@grpc/grpc-js',
  '@opentelemetry/api',
  'axios',
  'opossum',
  'prom-client',
  'undici',
  'yaml',
];

/** The packages for compilation. */
const tools = ['typescript', '@types/node'];

const compilerOptions = {
  target: 'ES2024',
  lib: ['ES2024'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
  rootDir: 'src',
  outDir: 'dist',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

/** The command that npm runs for publication, without a login. */
export const publishDryRun = (): Promise<Run> => run(publishedFolder, 'npm', ['publish', '--dry-run']);

/** Packs the package for npm. @returns the archive */
export async function pack(folder: string): Promise<{ readonly archive: string; readonly files: readonly string[] }> {
  const { exitCode, output } = await run(publishedFolder, 'npm', ['pack', '--json', '--pack-destination', folder]);
  if (exitCode !== 0) throw new Error(`npm pack failed:\n${output}`);
  const [packed] = JSON.parse(output.slice(output.indexOf('['))) as [{ filename: string; files: { path: string }[] }];
  return { archive: join(folder, packed.filename), files: packed.files.map(({ path }) => path) };
}

/**
 * Copies the sources in `applications/<name>`, if there are any, and installs the packed library and other packages with npm.
 *
 * @param parent a folder outside the workspace
 * @throws Error if npm cannot install them
 */
export async function bareApplication(
  parent: string,
  name: string,
  archive: string,
  { packages, versions = {}, entryLists = [] }: ApplicationParts,
): Promise<BareApplication> {
  const folder = join(parent, name);
  await mkdir(join(folder, 'src'), { recursive: true });
  const sources = join(import.meta.dirname, 'applications', name);
  if (existsSync(sources)) await cp(sources, folder, { recursive: true });
  for (const file of entryLists) await writeFile(join(folder, 'src', file), await entryList(file));
  const manifest = {
    name: `bare-${name}`,
    private: true,
    type: 'module',
    dependencies: { '@breakwater/resilience': `file:${archive}`, ...(await lockedVersions(packages)), ...versions },
    devDependencies: await lockedVersions(tools),
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }, undefined, 2));

  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const { exitCode, output } = await run(folder, 'npm', ['install', ...flags]);
  if (exitCode !== 0) {
    throw new Error(
      `npm could not install the packed library in the application '${name}'. This test needs npm's registry:\n${output}`,
    );
  }
  const node = (...args: string[]) => run(folder, process.execPath, args);
  const compile = (typescript = 'typescript', ...options: readonly string[]) =>
    node(join('node_modules', typescript, 'bin', 'tsc'), '--pretty', 'false', ...options);
  return {
    packages: await packagesIn(join(folder, 'node_modules')),
    compile,
    typeErrors: async (typescript, ...options) => {
      const es2021 = ['--target', 'ES2021', '--lib', 'ES2021', '--noEmit'];
      const { output } = await compile(typescript, ...es2021, ...options);
      return output.split('\n').filter((line) => /^(?:src|node_modules\/@breakwater)\/|^error/.test(line));
    },
    start: async () => {
      const main = (await readdir(join(folder, 'dist'))).find((file) => /^main\.m?js$/.test(file)) ?? 'main.js';
      return node(join('dist', main));
    },
  };
}

async function lockedVersions(packages: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const lockFile = join(packageFolder, '..', '..', 'package-lock.json');
  const lock = JSON.parse(await readFile(lockFile, 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version: string }>>;
  };
  return Object.fromEntries(
    packages.map((name) => {
      const locked = lock.packages[`libs/resilience/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`];
      if (locked === undefined) throw new Error(`${name} is not in package-lock.json.`);
      return [name, locked.version];
    }),
  );
}

async function packagesIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const nested = names.map(async (name) =>
    name.startsWith('@') ? (await readdir(join(folder, name))).map((scoped) => `${name}/${scoped}`) : [name],
  );
  return (await Promise.all(nested)).flat();
}

/** Variables that npm sets in scripts of this workspace, which the application must not see. */
const workspaceVariables = /^npm_(?:package_|lifecycle_|config_(?:local_prefix|workspaces?|include_workspace_root)$)/i;

/** Runs a command to its end. @param variables further environment variables */
export async function run(
  folder: string,
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const own = Object.entries(process.env).filter(([name]) => !workspaceVariables.test(name));
  const env = { ...Object.fromEntries(own), ...variables };
  const child = spawn(command, args, {
    cwd: folder,
    env,
    // npm is a script on Windows.
    shell: command === 'npm' && process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { exitCode, output };
}
