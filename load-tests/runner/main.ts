/** `npm run load-test`: runs load with k6 while parts of the system fail. See `--help`. */
import path from 'node:path';
import { describeFailure, UsageError } from '@breakwater/system-runner';
import { engineComparisonAsText, publishComparisons } from '../report/engine-report.ts';
import { resultOf, publish } from '../report/publication.ts';
import { writeComparison, writeReport } from '../report/reports.ts';
import { comparisonAsText, runAsText, stormsAsText, type JudgedRun } from '../report/terminal.ts';
import { scenarios } from '../scenarios/index.ts';
import { type Durations, variantsOf } from '../scenarios/scenario.ts';
import { compareEngines, expectedMinutes } from './compare.ts';
import { comparisonAsJson } from '../storms/comparison.ts';
import { compareStorms } from '../storms/compare.ts';
import { findK6, installK6, type K6Program, NoK6Error } from './k6-program.ts';
import {
  type Command,
  type CompareOptions,
  parseOptions,
  type RunOptions,
  type StormOptions,
  usage,
} from './options.ts';
import { runAndJudge } from './run-and-judge.ts';

const exitCodes = { passed: 0, failed: 1, usage: 2, noK6: 3, invalid: 4, interrupted: 130 } as const;

const resultsDirectory = path.resolve(import.meta.dirname, '../results');
const comparisonPage = path.resolve(import.meta.dirname, '../../docs/engine-comparison.md');
const stormsDirectory = path.resolve(import.meta.dirname, '../../docs/storms');
const resultsPage = path.resolve(import.meta.dirname, '../../docs/load-test-results.md');

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(command: Command): Promise<number> {
  switch (command.kind) {
    case 'help':
      print(usage.trimEnd());
      return exitCodes.passed;
    case 'list':
      for (const { name, claim } of scenarios) print(`${name}\n  ${claim}`);
      return exitCodes.passed;
    case 'find-k6':
      print(findK6().description);
      return exitCodes.passed;
    case 'publish': {
      const runs = await publish(resultsDirectory, resultsPage);
      const comparisons = await publishComparisons(resultsDirectory, comparisonPage);
      if (runs + comparisons === 0) {
        throw new Error(`There is no full run and no comparison in ${resultsDirectory}: npm run load-test -- all`);
      }
      print(`${runs} runs are in ${resultsPage}, ${comparisons} comparisons of engines in ${comparisonPage}.`);
      print('Format them: npx prettier --write docs/load-test-results.md docs/engine-comparison.md');
      return exitCodes.passed;
    }
    case 'install-k6':
      print(await installK6({ report: (line) => process.stderr.write(`${line}\n`) }));
      return exitCodes.passed;
    case 'storms':
      return storms(command, interruptions());
    case 'run':
      return run(command, findK6(), interruptions());
    case 'compare':
      return compare(command, findK6(), interruptions());
  }
}

/** Ctrl-C and the other signals interrupt a run. */
function interruptions(): AbortSignal {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort());
  return interruption.signal;
}

async function storms(options: StormOptions, signal: AbortSignal): Promise<number> {
  const file = path.join(options.out ?? stormsDirectory, 'comparison.json');
  try {
    const comparison = await compareStorms(options, file, signal);
    print(options.json ? comparisonAsJson(comparison).trimEnd() : stormsAsText(comparison));
    const invalid = comparison.storms.some(({ real }) => real?.invalid !== undefined);
    return invalid ? exitCodes.invalid : exitCodes.passed;
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted;
    throw error;
  }
}

async function run(options: RunOptions, k6: K6Program, signal: AbortSignal): Promise<number> {
  const { engine, isShort, target, out = resultsDirectory } = options;
  // The other engines are compared with account's, so that all of them run from the same entry.
  const isLab = engine !== 'sliding-window';
  const runs: JudgedRun[] = [];
  for (const scenario of options.scenarios) {
    const arms: JudgedRun[] = [];
    const durations = { ...(isShort ? scenario.short : scenario.durations), ...during(options) };
    // The control arm shows what our limits prove, and the other engines are not judged by them.
    for (const variant of variantsOf(scenario, { withControl: engine === 'sliding-window' })) {
      const control = arms.find(({ judgement }) => judgement.isControl)?.judgement;
      const judged = await runAndJudge(
        { scenario, engine, variant, durations, isShort, isLab, target, control },
        k6,
        signal,
      );
      if (signal.aborted) return exitCodes.interrupted;
      runs.push(judged);
      arms.push(judged);
      const report = await writeReport(judged, out);
      if (!options.json) print(`${runAsText(judged)}\nReport: ${report}`);
    }
    if (arms.length > 1) {
      const report = await writeComparison(arms, out);
      if (!options.json) print(`\n${comparisonAsText(arms)}Report: ${report}`);
    }
  }
  if (options.json) print(JSON.stringify(runs.map(resultOf), undefined, 2));
  return exitCodeOf(runs);
}

async function compare(options: RunOptions & CompareOptions, k6: K6Program, signal: AbortSignal): Promise<number> {
  const {
    scenarios: [scenario],
    variant,
    repetitions,
    isShort,
    out = resultsDirectory,
  } = options;
  if (scenario === undefined) throw new UsageError('compare takes one scenario');
  // The fault lasts as long as in a full run: some engines protect only late.
  const durations = { ...scenario.short, ...(!isShort && { during: scenario.durations.during }), ...during(options) };
  const plan = { scenario, variant, repetitions, durations, isShort, out };
  const report = (line: string): void => void process.stderr.write(`${line}\n`);
  report(`${repetitions} runs of each engine: about ${expectedMinutes(plan)} minutes`);
  const compared = await compareEngines(plan, k6, signal, report);
  if (compared === undefined) return exitCodes.interrupted;
  if (options.json) print(JSON.stringify(compared.comparison, undefined, 2));
  else print(`${engineComparisonAsText(compared.comparison)}\nReport: ${compared.report}`);
  return exitCodeOf(compared.runs);
}

const during = ({ duringSeconds }: RunOptions): Partial<Durations> =>
  duringSeconds === undefined ? {} : { during: duringSeconds };

function exitCodeOf(runs: readonly JudgedRun[]): number {
  if (runs.every(({ judgement }) => judgement.isPassed)) return exitCodes.passed;
  return runs.every(isPassedOrInvalid) ? exitCodes.invalid : exitCodes.failed;
}

/** An invalid run is no failure, unless it violated the ledger. */
function isPassedOrInvalid({ record, judgement }: JudgedRun): boolean {
  return judgement.isPassed || (judgement.invalid !== undefined && !record.ledger?.findings.length);
}

function report(error: unknown): number {
  if (error instanceof NoK6Error) {
    process.stderr.write(`✖ ${error.message}\n`);
    return exitCodes.noK6;
  }
  process.stderr.write(describeFailure(error, 'npm run load-test'));
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.exitCode = report(error);
}
