import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { workspaceRoot } from '../workspace.ts';
import { percentOf, readSurvivors, type Score, type Scores, sumOf, type Survivor, writeScores } from './scores.ts';

const usage = `Usage: npm run mutation [-- OPTION...]

Changes the code in many small ways, and counts the changes that its tests notice.

  --folder FOLDER  only this folder, such as libs/resilience/src/core/bulkhead (all by default)
  --files PATTERN  only these files of it, such as sliding-window.ts
  --shard I/N      only every Nth file, from the Ith on
  --record         write the scores to tools/mutation/scores.json

Exit code 1: a folder misses its goal.
`;

/** The folders whose code is changed, with the score in percent that is their goal. Each is tested by its own specs. */
const goals: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    globSync('libs/resilience/src/core/*/', { cwd: workspaceRoot }).map((folder) => [path.normalize(folder), 85]),
  ),
  'libs/resilience/src/core': 85,
  'libs/resilience/src/core/circuit-breaker': 90,
  'libs/resilience/src/config': 0,
  'apps/account/src/idempotency': 0,
  'apps/account/src/reconciliation': 0,
};

/** The parts of Stryker that are used; it is installed in this folder only when it is needed. */
interface StrykerModule {
  readonly Stryker: new (options: object) => { runMutationTest(): Promise<readonly Mutant[]> };
}

interface Position {
  readonly line: number;
  readonly column: number;
}

interface Mutant {
  readonly status: string;
  readonly fileName: string;
  readonly location: { readonly start: Position; readonly end: Position };
  readonly mutatorName: string;
  readonly replacement: string;
}

/** The folder with a lockfile of its own. */
const installation = path.join(import.meta.dirname, 'stryker');
const stryker = path.join(installation, 'node_modules/@stryker-mutator');

async function main(): Promise<void> {
  const { folder, files, shard, record } = parseArgs({
    options: {
      folder: { type: 'string' },
      files: { type: 'string', default: '*.ts' },
      shard: { type: 'string', default: '1/1' },
      record: { type: 'boolean', default: false },
    },
  }).values;
  const mutated = chosenFiles(folder?.replace(/\/$/, ''), files, shard);
  install();

  let hasFailed = false;
  for (const [of, names] of Map.groupBy(mutated, (file) => path.dirname(file))) {
    const mutants = await mutantsOf(of, names);
    const scores = Object.fromEntries(names.map((file) => [file, scoreOf(file, mutants)]));
    report(of, scores, mutants);
    if (record) writeScores(scores);
    hasFailed ||= percentOf(sumOf(Object.values(scores))) < (goals[of] ?? 0);
  }
  if (hasFailed) process.exitCode = 1;
}

/** @throws TypeError if nothing is chosen */
function chosenFiles(folder: string | undefined, files: string, shard: string): readonly string[] {
  const [index = Number.NaN, count = Number.NaN] = shard.split('/').map(Number);
  if (!Number.isInteger(index) || !Number.isInteger(count) || index < 1 || index > count) {
    throw new TypeError(`--shard must be I/N with I from 1 to N, but is '${shard}'.`);
  }
  if (folder !== undefined && !(folder in goals)) {
    throw new TypeError(`--folder must be one of ${Object.keys(goals).join(', ')}, but is '${folder}'.`);
  }
  const chosen = Object.keys(goals)
    .filter((each) => folder === undefined || each === folder)
    .flatMap((each) => globSync(`${each}/${files}`, { cwd: workspaceRoot }).toSorted())
    .filter((file) => !/\.(?:spec|fixture)\.ts$/.test(file))
    .filter((_, at) => at % count === index - 1);
  if (chosen.length === 0) throw new TypeError(`No file matches '${files}' in the shard ${shard}.`);
  return chosen;
}

/** Stryker has 177 packages, which nothing else needs. */
function install(): void {
  if (existsSync(stryker)) return;
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: installation, stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ci in ${installation} failed.`);
}

async function mutantsOf(folder: string, files: readonly string[]): Promise<readonly Mutant[]> {
  const project = folder.split(path.sep).slice(0, 2).join(path.sep);
  const inProject = (file: string): string => path.relative(project, file).replaceAll(path.sep, '/');
  // The workers of Stryker read it.
  process.env['TESTS'] = `${inProject(folder)}/*.spec.ts`;
  process.chdir(path.join(workspaceRoot, project));
  const { Stryker } = (await import(pathToFileURL(`${stryker}/core/dist/src/index.js`).href)) as StrykerModule;
  return new Stryker({
    mutate: files.map(inProject),
    plugins: [`${stryker}/vitest-runner/dist/src/index.js`],
    testRunner: 'vitest',
    vitest: { configFile: '../../tools/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    concurrency: availableParallelism(),
    reporters: ['progress-append-only'],
    // As deep as the project, so that the relative paths of its configuration stay right.
    tempDirName: '../../.stryker-tmp',
    cleanTempDir: 'always',
    ignorePatterns: ['/*', '!/src', '!/*.json', '!/*.yml', '!/vitest.config.ts'],
    // TypeScript 7 has no programming interface, by which Stryker would rewrite it.
    tsconfigFile: 'none',
    timeoutMS: 20_000,
    timeoutFactor: 3,
    allowConsoleColors: false,
    logLevel: 'warn',
    fileLogLevel: 'off',
  }).runMutationTest();
}

const survivors = readSurvivors();

/** The explanation of a mutant that nothing noticed. */
function explanationOf(file: string, mutant: Mutant): Survivor | undefined {
  if (!isOf(file, mutant) || !unnoticed.has(mutant.status)) return undefined;
  const code = codeOf(file, mutant.location);
  const isThis = (each: Survivor) =>
    each.file === file && each.code === code && each.change === oneLine(mutant.replacement);
  return survivors.find(isThis);
}

const unnoticed = new Set(['Survived', 'NoCoverage']);

/** The text at a location, with spaces for line breaks. */
function codeOf(file: string, { start, end }: Mutant['location']): string {
  const lines = readFileSync(path.join(workspaceRoot, file), 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  const last = lines.pop()!.slice(0, end.column - 1);
  return oneLine([...lines, last].join('\n').slice(start.column - 1));
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

const isOf = (file: string, { fileName }: Mutant): boolean => path.join(workspaceRoot, file) === path.resolve(fileName);

/** A mutant that cannot be compiled or that a comment excludes is none. */
function scoreOf(file: string, all: readonly Mutant[]): Score {
  const mutants = all.filter((mutant) => isOf(file, mutant));
  const having = (...wanted: readonly string[]) => mutants.filter(({ status }) => wanted.includes(status));
  const [killed, timedOut] = [having('Killed').length, having('Timeout').length];
  return {
    date: new Date().toISOString().slice(0, 10),
    mutants: killed + timedOut + having(...unnoticed).length,
    killed,
    timedOut,
  };
}

function report(folder: string, scores: Scores, mutants: readonly Mutant[]): void {
  for (const [file, score] of Object.entries(scores)) {
    print(describe(file, score));
    for (const mutant of mutants.filter((each) => isOf(file, each) && each.status !== 'Killed')) {
      const { status, location, mutatorName, replacement } = mutant;
      const why = explanationOf(file, mutant)?.why;
      const change = `${codeOf(file, location)} -> ${oneLine(replacement)}`.slice(0, 160);
      const { line, column } = location.start;
      print(
        `  ${status} ${line}:${column} ${mutatorName}: ${change}${why === undefined ? '' : ` (explained: ${why})`}`,
      );
    }
  }
  print(describe(folder, sumOf(Object.values(scores))));
  const isUnnoticed = (each: Survivor) => mutants.some((mutant) => explanationOf(each.file, mutant) === each);
  for (const each of survivors.filter(({ file }) => file in scores)) {
    if (!isUnnoticed(each))
      print(`tools/mutation/survivors.json explains what does not survive: ${each.file} ${each.code}`);
  }
}

function describe(name: string, score: Score): string {
  const { mutants, killed, timedOut } = score;
  const counts = `${killed} killed and ${timedOut} timed out of ${mutants}; ${mutants - killed - timedOut} not noticed`;
  return `${name}: ${percentOf(score).toFixed(1)} % (${counts})`;
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
