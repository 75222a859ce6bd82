import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pack, run } from '../packaging/bare-application.ts';
import { type Outcome, type Result, Workshop } from './applications.ts';
import { all, type Cell, type Check, corners } from './cells.ts';
import { applicationForCompilers, checkTypes, type Compiler, compilers, titleOfCompiler } from './compilers.ts';
import { commitOfLibrary } from './library.ts';
import { type CellResult, formattedPage, pageFile, readReport, summary, titleOf, writeReport } from './report.ts';
import * as versions from './versions.ts';

/**
 * `npm run matrix -w @breakwater/resilience [-- --short] [--only TEXT] [--missing] [--jobs N] [--keep]`: installs the
 * packed library in bare applications, and checks each with its versions of NestJS and Node.js. It checks all
 * combinations, and writes each result and at the end their page. It also compiles every entry with all supported compilers.
 *
 * `--short` checks corners and all compilers, and writes no file. `--only '11 Express tsx'` checks what has every word in
 * its title. `--missing` checks what has no passed result with the present versions and code of the library; compilers have
 * no recorded results. `--jobs 3` checks three applications at a time (1 by default). `--keep` keeps the applications.
 *
 * Exit code 0: all passed. 1: a check failed. 5: npm's registry cannot be reached.
 */
const { short, only, missing, keep, jobs } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    missing: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '1' },
  },
}).values;
if (!/^[1-9]\d?$/.test(jobs)) throw new Error(`--jobs is '${jobs}'; allowed: 1 to 99.`);

/** One check of one application. */
type Task = Omit<Cell, 'checks'> & { readonly check: Check };

const report = await readReport();
const testedCommit = await commitOfLibrary();

/** Whether a title has every word of `--only`. */
function isSelected(title: string): boolean {
  const words = title.split(/[,:]? /);
  return only.split(' ').every((word) => word === '' || words.includes(word));
}

function tasksOf(cells: readonly Cell[]): readonly Task[] {
  const present = new Set(
    report.results
      .filter((each) => each.result !== 'failed' && each.testedCommit === testedCommit)
      .map((each) => titleOf(each)),
  );
  return cells
    .flatMap(({ checks, ...cell }) => checks.map((check) => ({ ...cell, check })))
    .filter((task) => isSelected(titleOf(task)))
    .filter((task) => !missing || !present.has(titleOf(task)));
}

async function checkTasks(folder: string, archive: string): Promise<readonly CellResult[]> {
  const workshop = new Workshop(folder, archive);
  // Applications with the same packages share their installation, so they run one after another.
  const groups = Map.groupBy(tasks, ({ nest, platform }) => `${nest} ${platform}`);
  const waiting = [...groups.values()];
  const results: CellResult[] = [];
  const work = async (): Promise<void> => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift())
      for (const task of group) {
        results.push(await checkTask(workshop, task));
        if (!short) await writeReport(report, results);
      }
  };
  await Promise.all(Array.from({ length: Number(jobs) }, work));
  return results;
}

async function checkTask(workshop: Workshop, task: Task): Promise<CellResult> {
  const result = await reported(titleOf(task), () => workshop.check(task, task.check));
  return { ...task, result, date: new Date().toISOString().slice(0, 10), testedCommit };
}

async function checkCompilers(folder: string, archive: string): Promise<readonly Pick<CellResult, 'result'>[]> {
  if (selectedCompilers.length === 0) return [];
  const application = await applicationForCompilers(folder, archive);
  const results: Pick<CellResult, 'result'>[] = [];
  for (const compiler of selectedCompilers)
    results.push({ result: await reported(titleOfCompiler(compiler), () => checkTypes(application, compiler)) });
  return results;
}

/** Prints the result of a check and its duration. */
async function reported(title: string, check: () => Promise<Outcome>): Promise<Result> {
  const started = performance.now();
  const { result, output } = await check();
  const seconds = Math.round((performance.now() - started) / 1_000);
  process.stdout.write(`${result.padEnd(12)} ${`${seconds} s`.padStart(6)}   ${title}\n`);
  if (result === 'failed') process.stdout.write(`${output}\n`);
  return result;
}

const tasks = tasksOf(short ? corners : all);
const selectedCompilers: readonly Compiler[] = missing
  ? []
  : compilers.filter((compiler) => isSelected(titleOfCompiler(compiler)));
if (tasks.length === 0 && selectedCompilers.length === 0)
  throw new Error(
    'Nothing to check: see --only and --missing. Titles are like: NestJS 11, Express, CommonJS, Node.js 24: types.',
  );
const reachable = await run(tmpdir(), 'npm', ['view', `@nestjs/core@${versions.nest[12]['@nestjs/core']}`, 'version']);
if (reachable.exitCode === 0) {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-matrix-'));
  try {
    const { archive } = await pack(folder);
    const results = [...(await checkTasks(folder, archive)), ...(await checkCompilers(folder, archive))];
    if (!short) await writeFile(pageFile, await formattedPage(await readReport()));
    process.stdout.write(`${summary(results)}\n`);
    if (results.some(({ result }) => result === 'failed')) process.exitCode = 1;
  } finally {
    if (keep) process.stdout.write(`The applications are in ${folder}.\n`);
    else await rm(folder, { recursive: true, force: true });
  }
} else {
  process.stdout.write(`NOT CHECKED: npm's registry cannot be reached.\n${reachable.output}\n`);
  process.exitCode = 5;
}
