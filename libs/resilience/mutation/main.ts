import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const usage = `Usage: npm run mutation -w @breakwater/resilience -- --folder FOLDER [OPTION...]

Changes the sources of a folder in many small ways, and counts the changes that its tests notice.

  --folder FOLDER  below src, e.g. core/circuit-breaker
  --files PATTERN  only these files of it, e.g. sliding-window.ts
  --shard I/N      only every Nth file, from the Ith on
`;

/** What became of the mutants of a file or folder. */
interface Score {
  readonly mutants: number;
  readonly killed: number;
  readonly timedOut: number;
  readonly survived: number;
  readonly notCovered: number;
}

/** The parts of Stryker that are used; it is installed in this folder only when it is needed. */
interface StrykerModule {
  readonly Stryker: new (options: object) => { runMutationTest(): Promise<readonly Mutant[]> };
}

interface Mutant {
  readonly status: string;
  readonly fileName: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
  readonly mutatorName: string;
  readonly replacement: string;
}

const here = new URL('./', import.meta.url);
const library = new URL('../', here);
const stryker = new URL('node_modules/@stryker-mutator/', here);
/** The parts of the library that neither sources nor their tests need. */
const notCopied =
  'bench,conformance,dist,examples,interleavings,matrix,mutation,package,packaging,specification,test-results';

async function main(): Promise<void> {
  const { folder, files, shard } = parseArgs({
    options: {
      folder: { type: 'string' },
      files: { type: 'string', default: '*.ts' },
      shard: { type: 'string', default: '1/1' },
    },
  }).values;
  if (folder === undefined || !existsSync(new URL(`src/${folder}`, library))) {
    throw new TypeError(`--folder must be a folder below src, but is '${folder}'.`);
  }
  const mutated = filesOf(folder, files, shard);
  if (mutated.length === 0) throw new TypeError(`No file of ${folder} matches '${files}' in the shard ${shard}.`);
  install();

  // The workers of Stryker read it.
  process.env['TESTS'] = `src/${folder}/**/*.spec.ts`;
  process.chdir(fileURLToPath(library));
  const { Stryker } = (await import(new URL('core/dist/src/index.js', stryker).href)) as StrykerModule;
  const mutants = await new Stryker({
    mutate: mutated,
    plugins: [fileURLToPath(new URL('vitest-runner/dist/src/index.js', stryker))],
    testRunner: 'vitest',
    vitest: { configFile: 'vitest.mutation.config.ts', related: false },
    coverageAnalysis: 'perTest',
    concurrency: availableParallelism(),
    reporters: ['progress-append-only'],
    // As deep as the library, so that the relative paths of its configuration stay right.
    tempDirName: '../../.stryker-tmp',
    cleanTempDir: 'always',
    ignorePatterns: notCopied.split(',').map((folder) => `/${folder}`),
    // TypeScript 7 has no programming interface, by which Stryker would rewrite it.
    tsconfigFile: 'none',
    timeoutMS: 20_000,
    timeoutFactor: 3,
    allowConsoleColors: false,
    logLevel: 'warn',
    fileLogLevel: 'off',
  }).runMutationTest();

  const names = [...new Set(mutants.map(({ fileName }) => fileName))].toSorted();
  for (const name of names) {
    const ofFile = mutants.filter(({ fileName }) => fileName === name);
    print(describe(name.slice(fileURLToPath(library).length), scoreOf(ofFile)));
    for (const mutant of ofFile) if (mutant.status !== 'Killed') print(`  ${describeMutant(mutant)}`);
  }
  print(describe(folder, scoreOf(mutants)));
}

function filesOf(folder: string, files: string, shard: string): readonly string[] {
  const [index = Number.NaN, count = Number.NaN] = shard.split('/').map(Number);
  if (!Number.isInteger(index) || !Number.isInteger(count) || index < 1 || index > count) {
    throw new TypeError(`--shard must be I/N with I from 1 to N, but is '${shard}'.`);
  }
  return globSync(`src/${folder}/${files}`, { cwd: fileURLToPath(library) })
    .filter((file) => !file.endsWith('.spec.ts'))
    .toSorted()
    .filter((_, at) => at % count === index - 1);
}

/** Stryker has 177 packages, which nothing else needs. */
function install(): void {
  if (existsSync(stryker)) return;
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: fileURLToPath(here), stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ci in ${fileURLToPath(here)} failed.`);
}

/** A mutant that cannot be compiled or that a comment excludes is none. */
function scoreOf(mutants: readonly Mutant[]): Score {
  const count = (wanted: string) => mutants.filter(({ status }) => status === wanted).length;
  const [killed, timedOut, survived, notCovered] = ['Killed', 'Timeout', 'Survived', 'NoCoverage'].map(count);
  return {
    mutants: killed! + timedOut! + survived! + notCovered!,
    killed: killed!,
    timedOut: timedOut!,
    survived: survived!,
    notCovered: notCovered!,
  };
}

function describe(name: string, { mutants, killed, timedOut, survived, notCovered }: Score): string {
  const percentage = mutants === 0 ? 100 : ((killed + timedOut) / mutants) * 100;
  const noticed = `${killed} killed and ${timedOut} timed out of ${mutants}`;
  return `${name}: ${percentage.toFixed(1)} % (${noticed}; ${survived} survived, ${notCovered} not covered)`;
}

function describeMutant({ status, location: { start }, mutatorName, replacement }: Mutant): string {
  return `${status} ${start.line}:${start.column} ${mutatorName}: ${replacement.replaceAll(/\s+/g, ' ').slice(0, 100)}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
