import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { run, type Run } from '../packaging/bare-application.ts';
import { type Cell, type Check, type Format, impossible, jestMajor, ownJest } from './cells.ts';
import * as versions from './versions.ts';

type Application = Omit<Cell, 'checks'>;

export type Result = 'passed' | 'failed' | 'not possible';

export interface Outcome {
  readonly result: Result;
  readonly output: string;
}

const source = join(import.meta.dirname, 'application');
const sourceWithJest = join(import.meta.dirname, 'application-with-jest');

const compilerOptions = {
  target: 'ES2022',
  lib: ['ES2022'],
  types: ['node'],
  outDir: 'dist',
  strict: true,
  skipLibCheck: true,
  esModuleInterop: true,
  isolatedModules: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

/** Most applications with NestJS 10 have the module resolution of its template, which does not know `exports`. */
const moduleOptions = ({ nest, format }: Application) =>
  nest === 10 && format === 'CommonJS'
    ? { module: 'commonjs', moduleResolution: 'node10' }
    : { module: 'nodenext', moduleResolution: 'nodenext' };

/** The compiled program, which checks that the metadata of decorators is in it. */
const program = [join('dist', 'main.js'), '--metadata'];

const vmModules = '--experimental-vm-modules';

/** Makes the applications of the matrix, each in its own folder, and runs their checks. */
export class Workshop {
  readonly #folder: string;
  readonly #archive: string;
  readonly #made = new Map<string, Promise<string>>();

  constructor(folder: string, archive: string) {
    this.#folder = folder;
    this.#archive = archive;
  }

  async check(cell: Application, check: Check): Promise<Outcome> {
    try {
      const expected = impossible(cell, check);
      if (expected === undefined) return outcomeOf(await this.#run(cell, check, ['application', 'recipes']));
      const { exitCode } = await this.#run(cell, check, ['control']);
      const output = `${check} is declared impossible (${expected.reason}), but NestJS alone passes.`;
      return exitCode === 0 ? { result: 'failed', output } : { result: 'not possible', output: '' };
    } catch (error) {
      return { result: 'failed', output: String(error) };
    }
  }

  /** @param specs the names of the spec files; `control` uses NestJS without the library */
  async #run(cell: Application, check: Check, specs: readonly string[]): Promise<Run> {
    const node = await this.#node(cell);
    const folder = await this.#application(cell, check);
    const start = (...args: readonly string[]) => run(folder, node, args, environment(node));
    const bin = (path: string) => join('..', 'node_modules', path);
    switch (check) {
      case 'types':
        return start(bin('typescript/bin/tsc'), '--pretty', 'false');
      case 'run':
        return start(...program);
      case 'vitest':
        return start(bin('vitest/vitest.mjs'), 'run', ...specs);
      case 'jest 29':
      case 'jest 30':
        return start(...(await this.#jest(cell, check)), ...specs);
      case 'swc builder':
      case 'webpack builder': {
        const built = await start(bin('@nestjs/cli/bin/nest.js'), 'build', '--builder', check.split(' ', 1)[0]!);
        return built.exitCode === 0 ? start(...program) : built;
      }
      case 'tsx':
        return start(bin('tsx/dist/cli.mjs'), join('src', 'main.ts'));
      case 'its own Jest': {
        const flags = cell.nest === 12 ? [vmModules] : [];
        return start(...flags, join('node_modules', 'jest', 'bin', 'jest.js'));
      }
      case 'pnpm with strict peers': {
        const compiled = await start(join('node_modules', 'typescript', 'bin', 'tsc'), '--pretty', 'false');
        return compiled.exitCode === 0 ? start(...program) : compiled;
      }
    }
  }

  async #jest({ nest, format }: Application, check: Check): Promise<readonly string[]> {
    const tools = join(await this.#tools(check, versions.jests[jestMajor(check)]), 'node_modules');
    const isEsm = format === 'ESM';
    const configuration = {
      transform: { '\\.ts$': [join(tools, 'ts-jest'), { useESM: isEsm, diagnostics: false }] },
      moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
      extensionsToTreatAsEsm: isEsm ? ['.ts'] : [],
      roots: ['<rootDir>/src'],
      testEnvironment: 'node',
      // A CommonJS package can require an ES module only before or after the specs import it.
      setupFiles: isEsm && nest === 12 ? ['<rootDir>/load-nest.mjs'] : [],
    };
    const flags = isEsm || nest === 12 ? [vmModules] : [];
    return [...flags, join(tools, 'jest', 'bin', 'jest.js'), '--config', JSON.stringify(configuration)];
  }

  /** The program of a Node.js, from its package on npm. */
  async #node({ node }: Application): Promise<string> {
    const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
    const folder = await this.#tools(`node ${node}`, { [name]: versions.nodes[node] });
    return join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  }

  /** Installed packages that applications share. @returns their folder */
  #tools(name: string, packages: versions.Versions): Promise<string> {
    return this.#once(name.replace(' ', '-'), async (folder) => {
      await writeManifest(folder, { dependencies: packages });
      await install(folder);
    });
  }

  /** The application of a cell, in a folder below that of the installed packages. @returns its folder */
  async #application(cell: Application, check: Check): Promise<string> {
    const { nest, platform, format } = cell;
    if (check === 'pnpm with strict peers') return this.#pnpmApplication(cell);
    if (check === 'its own Jest') return this.#applicationWithJest(cell);
    const builds = ['swc builder', 'webpack builder', 'tsx'].includes(check);
    const further = builds ? { ...versions.builders[nest], tsx: versions.tsx } : {};
    const parent = await this.#once(`nest-${nest}-${platform}${builds ? '-builders' : ''}`, async (folder) => {
      await writeManifest(folder, { dependencies: { ...this.#dependencies(cell), ...further } });
      await install(folder);
    });
    const name = builds ? check.replace(' ', '-') : format;
    return this.#once(join(parent.slice(this.#folder.length + 1), name), async (folder) => {
      await writeSources(folder, cell);
      // webpack leaves out only the packages in the application's own folder.
      if (builds) await symlink(join(parent, 'node_modules'), join(folder, 'node_modules'), 'junction');
    });
  }

  #applicationWithJest(cell: Application): Promise<string> {
    return this.#once(`nest-${cell.nest}-jest`, async (folder) => {
      const { jest, types } = ownJest(cell);
      await cp(sourceWithJest, folder, { recursive: true });
      const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as object;
      await writeManifest(folder, { ...manifest, dependencies: { ...this.#dependencies(cell), ...jest, ...types } });
      // Compiled as a whole, so that ts-jest reports errors of types.
      const options = { ...compilerOptions, ...moduleOptions(cell), types: ['node', 'jest'], isolatedModules: false };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
      await install(folder);
    });
  }

  #pnpmApplication(cell: Application): Promise<string> {
    return this.#once(`nest-${cell.nest}-pnpm`, async (folder) => {
      const tools = await this.#tools('pnpm', { pnpm: versions.pnpm });
      await writeSources(folder, cell, this.#dependencies(cell));
      const pnpm = join(tools, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
      const flags = ['--strict-peer-dependencies', '--ignore-scripts', '--prefer-offline'];
      succeeded(await run(folder, process.execPath, [pnpm, 'install', ...flags]));
    });
  }

  #dependencies({ nest, platform }: Application): versions.Versions {
    const others = Object.entries(versions.platformPackages).filter(([name]) => name !== platform);
    const packages = { ...versions.nest[nest], ...versions.common, '@breakwater/resilience': `file:${this.#archive}` };
    const left = new Set<string>(others.map(([, name]) => name));
    return Object.fromEntries(Object.entries(packages).filter(([name]) => !left.has(name)));
  }

  #once(name: string, make: (folder: string) => Promise<void>): Promise<string> {
    let made = this.#made.get(name);
    if (made === undefined) {
      const folder = join(this.#folder, name);
      made = mkdir(folder, { recursive: true })
        .then(() => make(folder))
        .then(() => folder);
      this.#made.set(name, made);
    }
    return made;
  }
}

async function writeSources(folder: string, cell: Application, dependencies: versions.Versions = {}): Promise<void> {
  const { platform, format } = cell;
  await cp(join(source, 'src'), join(folder, 'src'), { recursive: true });
  await cp(join(source, 'resilience.yml'), join(folder, 'resilience.yml'));
  if (format === 'ESM') await cp(join(source, 'esm'), join(folder, 'src'), { recursive: true });
  await writeFile(join(folder, 'load-nest.mjs'), loadNest);
  await cp(join(source, 'platforms', `${platform.toLowerCase()}.ts`), join(folder, 'src', 'platform.ts'));
  await writeManifest(folder, { type: typeOf(format), dependencies });
  const options = { ...compilerOptions, ...moduleOptions(cell) };
  const configuration = { compilerOptions: options, include: ['src'], exclude: ['**/*.spec.ts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration));
  await writeFile(join(folder, 'nest-cli.json'), JSON.stringify({ sourceRoot: 'src' }));
  const vitest = { test: { globals: true, include: ['src/**/*.spec.ts'] } };
  await writeFile(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(vitest)};\n`);
  // Sources import each other by the names of the compiled files.
  const webpack = `(options) => ({ ...options, resolve: { ...options.resolve, extensionAlias: { '.js': ['.ts', '.js'] } } })`;
  await writeFile(join(folder, 'webpack.config.js'), `module.exports = ${webpack};\n`);
}

const loadNest = ['common', 'core', 'terminus'].map((name) => `import '@nestjs/${name}';\n`).join('');

const typeOf = (format: Format) => (format === 'ESM' ? 'module' : 'commonjs');

async function writeManifest(folder: string, manifest: object): Promise<void> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }, undefined, 2));
}

/** Scripts run only for tools: the packages with Node.js copy their program in one. */
async function install(folder: string): Promise<void> {
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  succeeded(await run(folder, 'npm', ['install', ...flags]));
}

function succeeded({ exitCode, output }: Run): void {
  if (exitCode !== 0) throw new Error(`The packages could not be installed:\n${output}`);
}

const outcomeOf = ({ exitCode, output }: Run): Outcome => ({ result: exitCode === 0 ? 'passed' : 'failed', output });

/** Tools that start Node.js find the one of the cell. */
const environment = (node: string) => ({ PATH: `${dirname(node)}${delimiter}${process.env['PATH']}` });
